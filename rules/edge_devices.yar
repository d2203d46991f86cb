/*
    Implants of devices at the edge of a network: firewalls, VPN gateways, load balancers. They are found in images and
    copies of such devices, and in logs sent from them. Score: 90 for what only the implant has, 80 for traces of work
    with one.
    A character in brackets, as in wor[d], keeps a rule from matching its own text.
*/

rule edge_cisco_badcandy
{
    meta:
        description = "Implant BadCandy in the web server configuration of Cisco IOS XE"
        author = "IBD-CERT veldkit"
        reference = "https://blog.talosintelligence.com/active-exploitation-of-cisco-ios-xe-software/"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $hash = /logon_has[h]/
        $type = /common_typ[e]/
        $system = /subsyste[m]/
        $lua = /io\.pope[n]/
        $key1 = /1c434aab70312466bf9eda31018abd9d0b7cc97[b]/
        $key2 = /9fb903ef26fac758c70acc29190152168eea776[5]/
    condition:
        filesize < 1MB and (any of ($key*) or all of ($hash, $type, $system, $lua))
}

rule edge_fortigate_coathanger
{
    meta:
        description = "Implant COATHANGER for FortiGate: builds its first request on the stack"
        author = "IBD-CERT veldkit"
        reference = "https://www.ncsc.nl/documenten/publicaties/2024/februari/6/mivd-aivd-advisory-coathanger-tlp-clear"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $get = { 48 B8 47 45 54 20 2F 20 48 54 [0-8] 48 B8 54 50 2F 32 0A 48 6F 73 }
        $host = { 48 B8 74 3A 20 77 77 77 2E 67 [0-8] 48 B8 6F 6F 67 6C 65 2E 63 6F }
    condition:
        uint32(0) == 0x464C457F and all of them
}

rule edge_panos_upstyle
{
    meta:
        description = "Backdoor UPSTYLE for Palo Alto's PAN-OS: reads commands from the web server's log"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/volexity/threat-intel/tree/main/2024/2024-04-12%20Palo%20Alto%20Networks%20GlobalProtect"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $license = /\/opt\/pancfg\/mgmt\/licenses\/PA_V[M]/
        $exec = /exec\(base64[.]/
        $answer = /write\(\x22\/\*\x22\+output\+\x22\*\/\x22[)]/
        $pattern = /SHELL_PATTER[N]/
    condition:
        filesize < 1MB and (($license and $exec) or ($answer and $pattern))
}

rule edge_ivanti_zipline
{
    meta:
        description = "Backdoor ZIPLINE for Ivanti Connect Secure: responds to a fake SSH version string"
        author = "IBD-CERT veldkit"
        reference = "https://www.mandiant.com/resources/blog/suspected-apt-targets-ivanti-zero-day"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $banner = /SSH-2\.0-OpenSSH_0\.3x[x]/
        $installer = /\$\(exec \$installer \$@[)]/
        $preload = /\/tmp\/data\/root\/etc\/ld\.so\.preloa[d]/
        $exclusion = /\/tmp\/data\/root\/home\/etc\/manifest\/exclusion_lis[t]/
    condition:
        $banner or (uint32(0) == 0x464C457F and 2 of ($installer, $preload, $exclusion))
}

rule edge_ivanti_wirefire
{
    meta:
        description = "Web shell WIREFIRE in a Python component of Ivanti Connect Secure"
        author = "IBD-CERT veldkit"
        reference = "https://www.mandiant.com/resources/blog/suspected-apt-targets-ivanti-zero-day"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $decrypt = /zlib\.decompress\(aes\.decrypt\(base64\.b64decod[e]/
        $gif = /request\.data\.decode\(\)\.startswith\([\x22']GIF[\x22'][)]/
        $encrypt = /aes\.encrypt\([a-z]\+\([\x22']\\x00[\x22']\*\(16-len[(]/
    condition:
        filesize < 256KB and 2 of them
}

rule edge_ivanti_warpwire
{
    meta:
        description = "Script WARPWIRE in the login page of Ivanti Connect Secure: exfiltrates credentials"
        author = "IBD-CERT veldkit"
        reference = "https://www.mandiant.com/resources/blog/suspected-apt-targets-ivanti-zero-day"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $user = /var wdata = document\.frmLogin\.username\.valu[e]/
        $password = /var sdata = document\.frmLogin\.password\.valu[e]/
    condition:
        filesize < 1MB and all of them
}

rule edge_netscaler_traces
{
    meta:
        description = "Commands of the intruders in Citrix NetScaler in 2023"
        author = "IBD-CERT veldkit"
        reference = "https://www.mandiant.com/resources/blog/citrix-zero-day-espionage"
        date = "2026-11-25"
        score = 80
        license = "EUPL-1.2"
    strings:
        $bash = /chmod 4775 \/var\/tmp\/bas[h]/
        $copy = /cp \/usr\/bin\/bash \/var\/tmp\/bas[h]/
        $key = /cat \/nsconfig\/\.F1\.key >[>]/
        $conf = /cat \/flash\/nsconfig\/ns\.conf >[>]/
    condition:
        filesize < 64MB and 2 of them
}
