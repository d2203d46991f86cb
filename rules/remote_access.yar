/*
    Remote access, tunnels and copying out. What administrators use too scores 40 to 65: it is a question to ask
    ('is this yours?'), no finding. Score 80: a shell handed to somebody else.
    A character in brackets, as in wor[d], keeps a rule from matching its own text.
*/

rule remote_reverse_shell_bash
{
    meta:
        description = "Reverse shell through bash's /dev/tcp"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/techniques/T1059/004/"
        date = "2026-11-24"
        score = 80
        license = "EUPL-1.2"
    strings:
        $redirect = /(ba|z)?sh +-i +[>0-9&]{1,4} *\/dev\/(tcp|udp)\/[0-9a-z.\-]{4,64}\/[0-9]{1,5}/ nocase
        $exec = /exec +[0-9]{1,3}<> *\/dev\/tcp\/[0-9a-z.\-]{4,64}\/[0-9]{1,5} *; *(cat|bash|sh|while)\b/ nocase
    condition:
        filesize < 32MB and any of them
}

rule remote_reverse_shell_script
{
    meta:
        description = "Script that connects a shell's input and output to a socket"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/techniques/T1059/"
        date = "2026-11-24"
        score = 80
        license = "EUPL-1.2"
    strings:
        $python = /os\.dup2\( ?[a-z_]{1,10}\.fileno\(\) ?, ?0 ?\)[^\r\n]{1,200}(\/bin\/(ba)?sh|pty\.spaw[n])/
        $perl = /open\(STDIN, ?.>&S.\)[^\r\n]{1,120}exec\(.{1,3}\/bin\/(ba)?sh/
        $php = /fsockopen\([^\r\n]{1,80}\);[^\r\n]{0,40}(exec|shell_exec|system|passthru|proc_open)\([^\r\n]{0,20}\/bin\/(ba)?sh/
        $netcat = /mkfifo +[^\s;]{1,40} *;[^\r\n]{1,80}\/bin\/(ba)?sh +-i[^\r\n]{1,40}\| *(nc|ncat|netcat|openssl|telnet) /
    condition:
        filesize < 32MB and any of them
}

rule tunnel_ngrok_config
{
    meta:
        description = "Configuration of ngrok with its token"
        author = "IBD-CERT veldkit"
        reference = "https://ngrok.com/docs/agent/config/"
        date = "2026-11-24"
        score = 60
        license = "EUPL-1.2"
    strings:
        $token = /\bauthtoken: *[\x22']?[0-9a-zA-Z_]{40,60}\b/
        $form = /(^|\n)(version: *[\x22']?[23]|tunnels:|endpoints:|agent:)/
    condition:
        filesize < 32KB and all of them
}

rule tunnel_ngrok_program
{
    meta:
        description = "Program ngrok: exposes a local service to the Internet"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/software/S0508/"
        date = "2026-11-24"
        score = 55
        license = "EUPL-1.2"
    strings:
        $package = /go\.ngrok\.com\/(cmd|lib)\//
        $old = /github\.com\/inconshreveable\/ngrok\//
    condition:
        (uint16(0) == 0x5A4D or uint32(0) == 0x464C457F) and any of them
}

rule tunnel_chisel_program
{
    meta:
        description = "Program chisel: a TCP tunnel in web traffic"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/jpillora/chisel"
        date = "2026-11-24"
        score = 65
        license = "EUPL-1.2"
    strings:
        $package = /github\.com\/jpillora\/chisel\/(client|server|share)/
        $protocol = /chisel-v[3]/
    condition:
        (uint16(0) == 0x5A4D or uint32(0) == 0x464C457F) and all of them
}

rule tunnel_frp_program
{
    meta:
        description = "Program frp: exposes local services through a remote server"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/software/S1144/"
        date = "2026-11-24"
        score = 65
        license = "EUPL-1.2"
    strings:
        $client = /github\.com\/fatedier\/frp\/(client|cmd|pkg|server)\//
    condition:
        (uint16(0) == 0x5A4D or uint32(0) == 0x464C457F) and $client
}

rule tunnel_frp_config
{
    meta:
        description = "Client configuration of frp"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/fatedier/frp"
        date = "2026-11-24"
        score = 65
        license = "EUPL-1.2"
    strings:
        $ini1 = /(^|\n)server_addr *= *[^\s]{3}/
        $ini2 = /(^|\n)remote_port *= *[0-9]{2}/
        $toml1 = /(^|\n)serverAddr *= *\x22/
        $toml2 = /(^|\n)remotePort *= *[0-9]{2}/
        $socks = /plugin *= *socks[5]/
    condition:
        filesize < 32KB and (($ini1 and any of ($ini2, $socks)) or ($toml1 and $toml2))
}

rule exfiltration_rclone_config
{
    meta:
        description = "Configuration of rclone for a storage service that data thieves use"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/software/S1040/"
        date = "2026-11-24"
        score = 65
        license = "EUPL-1.2"
    strings:
        $type = /(^|\n)type *= *(mega|pcloud|ftp|sftp|b2|s3|dropbox|storj)\s/
        $mega = /(^|\n)type *= *meg[a]\s/
        $user = /(^|\n)user *= *[^\s]{3}/
        $pass = /(^|\n)pass *= *[0-9A-Za-z_\-]{20}/
        $key = /(^|\n)(secret_access_key|key|token) *= *[^\s]{8}/
    condition:
        filesize < 64KB and (($mega and $user) or ($type and any of ($pass, $key)))
}

rule exfiltration_rclone_command
{
    meta:
        description = "Command line that copies to a storage service with rclone"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/techniques/T1567/002/"
        date = "2026-11-24"
        score = 60
        license = "EUPL-1.2"
    strings:
        $copy = /rclone(\.exe)?[\x22']? +(copy|sync|move) +[^\r\n\x00]{3,120} +(mega|pcloud|ftp|sftp|remote|b2|s3)[0-9a-z_\-]{0,16}:[^\r\n\x00]{0,80}--(transfers|multi-thread-streams|max-age|include|ignore-existing|no-check-certificate)/ ascii wide nocase
    condition:
        filesize < 64MB and $copy
}

rule remote_anydesk_unattended
{
    meta:
        description = "Command line that installs AnyDesk silently or sets its password"
        author = "IBD-CERT veldkit"
        reference = "https://www.cisa.gov/news-events/cybersecurity-advisories/aa23-025a"
        date = "2026-11-24"
        score = 65
        license = "EUPL-1.2"
    strings:
        $password = /anydesk[a-z0-9_\-]{0,20}(\.exe)?[\x22']?[^\r\n\x00]{0,60} --set-passwor[d]/ ascii wide nocase
        $silent = /anydesk[a-z0-9_\-]{0,20}(\.exe)?[\x22']? +--install +[^\r\n\x00]{3,120}--silen[t]/ ascii wide nocase
    condition:
        filesize < 64MB and any of them
}

rule remote_anydesk_program
{
    meta:
        description = "Program AnyDesk: dual use"
        author = "IBD-CERT veldkit"
        reference = "https://www.cisa.gov/news-events/cybersecurity-advisories/aa23-025a"
        date = "2026-11-24"
        score = 40
        license = "EUPL-1.2"
    strings:
        $company = /AnyDesk Software Gmb[H]/ ascii wide
        $service = /--start-with-wi[n]/ ascii wide
    condition:
        uint16(0) == 0x5A4D and filesize < 64MB and all of them
}

rule remote_screenconnect_client
{
    meta:
        description = "Client of ScreenConnect with the address of its server: dual use"
        author = "IBD-CERT veldkit"
        reference = "https://www.cisa.gov/news-events/cybersecurity-advisories/aa23-025a"
        date = "2026-11-24"
        score = 45
        license = "EUPL-1.2"
    strings:
        $relay = /e=(Access|Support)&y=Guest&h=[^&\s\x00]{4,100}&p=[0-9]{2,5}/ ascii wide
        $service = /ScreenConnect\.(ClientServic[e]|WindowsClien[t]|Cor[e])/ ascii wide
    condition:
        filesize < 64MB and all of them
}

rule tunnel_ligolo_program
{
    meta:
        description = "Ligolo-ng: tunnel into the internal network of a host"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/nicocha30/ligolo-ng"
        date = "2026-11-25"
        score = 75
        license = "EUPL-1.2"
    strings:
        $package = /github\.com\/nicocha30\/ligolo-ng\/(pkg|cmd)\/[a-z]{3}/
    condition:
        (uint16(0) == 0x5A4D or uint32(0) == 0x464C457F or uint32(0) == 0xFEEDFACF) and $package
}

rule tunnel_cloudflared_token
{
    meta:
        description = "Command line or service that runs a Cloudflare tunnel with its token"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/cloudflare/cloudflared"
        date = "2026-11-25"
        score = 55
        license = "EUPL-1.2"
    strings:
        $run = /cloudflared(\.exe)?[\x22']?[^\r\n\x00]{0,120} (--token|run +--token)[ =]+eyJ[0-9A-Za-z+\/]{60}/ ascii wide
        $install = /cloudflared(\.exe)?[\x22']? +service +install +eyJ[0-9A-Za-z+\/]{60}/ ascii wide
    condition:
        filesize < 64MB and any of them
}

rule remote_meshagent_config
{
    meta:
        description = "Settings of a MeshCentral agent: remote access for the owner of the server in it"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/Ylianst/MeshAgent"
        date = "2026-11-25"
        score = 50
        license = "EUPL-1.2"
    strings:
        $id = /(^|\n)MeshID=0x[0-9A-F]{64}/
        $server = /(^|\n)MeshServer=wss?:\/\/[^\s]{4}/
        $serverid = /(^|\n)ServerID=[0-9A-F]{64}/
    condition:
        filesize < 64KB and 2 of them
}

rule remote_reverse_ssh
{
    meta:
        description = "Program reverse-ssh: an SSH server that connects back"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/volexity/threat-intel/tree/main/2024/2024-04-12%20Palo%20Alto%20Networks%20GlobalProtect"
        date = "2026-11-25"
        score = 75
        license = "EUPL-1.2"
    strings:
        $package = /github\.com\/Fahrj\/reverse-ss[h]/
        $dial = /dialHomeAndListe[n]/
        $port = /createReversePortForwardingCallbac[k]/
        $info = /createExtraInfoHandle[r]/
    condition:
        (uint16(0) == 0x5A4D or uint32(0) == 0x464C457F) and ($package or 2 of ($dial, $port, $info))
}
