/*
    Taking of credentials: tools, their command lines and their output. Score: 85 where only an attack (or a test
    of one) leaves it, 70 to 80 where administrators and defenders may.
    A character in brackets, as in wor[d], keeps a rule from matching its own text.
*/

rule credential_mimikatz
{
    meta:
        description = "Mimikatz, or a script or log with its commands"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/software/S0002/"
        date = "2026-11-24"
        score = 80
        license = "EUPL-1.2"
    strings:
        $logon = /sekurlsa::logonpassword[s]/ ascii wide nocase
        $sam = /lsadump::(sam|dcsync|lsa|secrets|trust)/ ascii wide nocase
        $golden = /kerberos::(golden|ptt|list)/ ascii wide nocase
        $debug = /privilege::debu[g]/ ascii wide nocase
        $elevate = /token::elevat[e]/ ascii wide nocase
        $author = /gentilkiw[i]/ ascii wide nocase
    condition:
        2 of them
}

rule credential_mimikatz_output
{
    meta:
        description = "Credentials as Mimikatz and similar tools print them"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/software/S0002/"
        date = "2026-11-24"
        score = 85
        license = "EUPL-1.2"
    strings:
        $session = /Authentication Id : [0-9]{1,10} ; [0-9]{1,12} \([0-9a-f]{8}:[0-9a-f]{8}\)/ ascii wide nocase
        $ntlm = /\* NTLM +: [0-9a-f]{32}/ ascii wide nocase
        $sha1 = /\* SHA1 +: [0-9a-f]{40}/ ascii wide nocase
        $password = /\* Password +: [^\r\n(]/ ascii wide nocase
    condition:
        filesize < 32MB and $session and any of ($ntlm, $sha1, $password)
}

rule credential_lsass_comsvcs
{
    meta:
        description = "Command line that dumps a process, such as LSASS, with comsvcs.dll"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/techniques/T1003/001/"
        date = "2026-11-24"
        score = 85
        license = "EUPL-1.2"
    strings:
        $call = /comsvcs(\.dll)?[\x22']?[ ,]{1,4}[\x22']?(#[\-+]?[0-9]{0,6}24|minidum[p])/ ascii wide nocase
    condition:
        $call
}

rule credential_lsass_dump
{
    meta:
        description = "Memory dump of LSASS"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/techniques/T1003/001/"
        date = "2026-11-24"
        score = 85
        license = "EUPL-1.2"
    strings:
        $lsasrv = "lsasrv.dll" wide nocase
        $lsass = "lsass.exe" wide nocase
    condition:
        uint32(0) == 0x504D444D and all of them
}

rule credential_secretsdump
{
    meta:
        description = "Impacket's secretsdump, or its output"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/software/S0357/"
        date = "2026-11-24"
        score = 80
        license = "EUPL-1.2"
    strings:
        $domain = /Dumping Domain Credentials \(domain.{1,2}uid:rid:lmhash:nthas[h]/
        $local = /Dumping local SAM hashes \(uid:rid:lmhash:nthas[h]/
        $method = /Using the (DRSUAPI|VSS) method to get NTDS\.DIT secret[s]/
    condition:
        any of them
}

rule credential_hash_list
{
    meta:
        description = "Two or more accounts with their NTLM hashes, as password dumpers write them"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/techniques/T1003/"
        date = "2026-11-24"
        score = 80
        license = "EUPL-1.2"
    strings:
        $account = /:[0-9]{3,10}:[0-9a-f]{32}:[0-9a-f]{32}::[:]/ nocase
        $empty = /aad3b435b51404eeaad3b435b51404e[e]/ nocase
    condition:
        filesize < 64MB and #account >= 2 and $empty
}

rule credential_rubeus
{
    meta:
        description = "Rubeus: requests, steals and forges Kerberos tickets"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/software/S1071/"
        date = "2026-11-24"
        score = 85
        license = "EUPL-1.2"
    strings:
        $guid = /658C8B7F-3664-4A95-9572-A3E5871DFC0[6]/ ascii wide nocase
        $roast = /\[\*\] Action: (Kerberoasting|AS-REP roasting)/ ascii wide nocase
        $ask = /\[\*\] Action: (Ask TG[TS]|S4U|Import Ticket|Dump Kerberos Ticket Data)/ ascii wide nocase
        $name = /\bRubeu[s]\b/ ascii wide nocase
    condition:
        $guid or $roast or ($ask and $name)
}

rule credential_ntds_copy
{
    meta:
        description = "Command line that copies the domain's database with ntdsutil"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/techniques/T1003/003/"
        date = "2026-11-24"
        score = 70
        license = "EUPL-1.2"
    strings:
        $ifm = /ntdsuti[l][^\r\n\x00]{1,60}ntds[^\r\n\x00]{1,40}(ifm|create full)/ nocase
        $ifm_wide = /n\x00t\x00d\x00s\x00u\x00t\x00i\x00l\x00[^\r\n]{2,120}i\x00f\x00m\x00[^\r\n]{2,40}c\x00r\x00e\x00a\x00t\x00e\x00/ nocase
    condition:
        filesize < 64MB and any of them
}

rule credential_hive_save
{
    meta:
        description = "Command line that saves the SAM or SECURITY hive"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/techniques/T1003/002/"
        date = "2026-11-24"
        score = 70
        license = "EUPL-1.2"
    strings:
        $save = /\breg(\.exe)?[\x22']? +save +[\x22']?hk(lm|ey_local_machine)\\(sam|security)\b/ ascii wide nocase
    condition:
        filesize < 64MB and $save
}

rule credential_lazagne
{
    meta:
        description = "LaZagne: collects stored passwords of many programs"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/software/S0349/"
        date = "2026-11-24"
        score = 80
        license = "EUPL-1.2"
    strings:
        $title = /The LaZagne Projec[t]/ ascii wide nocase
        $bang = /! BANG BANG [!]/ ascii wide nocase
        $module = /lazagne\.(config|softwares)\.[a-z_]{3,20}/
    condition:
        2 of them
}

rule credential_nanodump
{
    meta:
        description = "Nanodump: dumps the memory of LSASS and evades protections"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/fortra/nanodump"
        date = "2026-11-25"
        score = 85
        license = "EUPL-1.2"
    strings:
        $local = /--seclogon-leak-loca[l]/ ascii wide nocase
        $remote = /--seclogon-leak-remot[e]/ ascii wide nocase
        $duplicate = /--seclogon-duplicat[e]/ ascii wide nocase
        $exit = /--silent-process-exi[t]/ ascii wide nocase
        $shtinkering = /--shtinkerin[g]/ ascii wide nocase
        $stack = /--spoof-callstac[k]/ ascii wide nocase
    condition:
        filesize < 32MB and 3 of them
}

rule credential_certify
{
    meta:
        description = "Certify: finds and abuses certificate templates of a domain"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/GhostPack/Certify"
        date = "2026-11-25"
        score = 85
        license = "EUPL-1.2"
    strings:
        $guid = /15CFADD8-5F6C-424B-81DC-C028312D025[F]/ ascii wide nocase
        $forge = /\[\*\] Action: Forge a \(golden\) certificat[e]/ ascii wide nocase
        $find = /\[\*\] Action: Find certificate (templates|authorities)/ ascii wide nocase
        $behalf = /\[\*\] Action: Request a certificate \(on behalf of another user[)]/ ascii wide nocase
    condition:
        filesize < 32MB and any of them
}

rule credential_lsass_procdump
{
    meta:
        description = "Command line that dumps LSASS with ProcDump"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/techniques/T1003/001/"
        date = "2026-11-25"
        score = 85
        license = "EUPL-1.2"
    strings:
        $command = /procdump(64)?(\.exe)?[\x22']? +(-accepteula +)?-m[am] +(-accepteula +)?lsass(\.exe)?\b/ ascii wide nocase
    condition:
        filesize < 64MB and $command
}
