/*
    Ransom notes, and commands before encryption. Score: 90 for text in the notes of one family only, 80 for
    combinations of commands, 75 for phrases that many notes share (articles about ransomware quote them).
    A character in brackets, as in wor[d], keeps a rule from matching its own text.
*/

rule ransom_note_generic
{
    meta:
        description = "Text that states that files are encrypted, with a dark web contact and a threat"
        author = "IBD-CERT veldkit"
        reference = "https://www.cisa.gov/news-events/cybersecurity-advisories/aa23-061a"
        date = "2026-11-24"
        score = 75
        license = "EUPL-1.2"
    strings:
        $locked1 = /(your|all) (files|data|documents|network|servers)[a-z, ]{0,40} (encrypted|locked)/ ascii wide nocase
        $locked2 = /(uw|al uw|jullie) (bestanden|gegevens|servers)[a-z, ]{0,30} (versleuteld|gegijzeld)/ ascii wide nocase
        $contact1 = /[a-z2-7]{56}\.onion/ ascii wide nocase
        $contact2 = /tor(-| )browse[r]/ ascii wide nocase
        $contact3 = /tox (id|chat)[ :]/ ascii wide nocase
        $contact4 = /@(onionmail|protonmail|proton|tutanota|cock)\.[a-z]{2,3}/ ascii wide nocase
        $threat1 = /(do not|don.t) (rename|modify|delete|edit)[a-z, ]{0,30} (encrypted|files)/ ascii wide nocase
        $threat2 = /third.party software/ ascii wide nocase
        $threat3 = /(recovery|data recovery) compan(y|ies)/ ascii wide nocase
        $threat4 = /(will|would) be (published|sold|leaked)/ ascii wide nocase
        $threat5 = /decrypt[a-z ,0-9\-]{1,30} (files?|documents?) (for free|free of charge)/ ascii wide nocase
        $threat6 = /(permanently|irreversibl[ey]|forever) (lost|damage)/ ascii wide nocase
    condition:
        filesize < 64KB and any of ($locked*) and any of ($contact*) and 2 of ($threat*)
}

rule ransom_note_lockbit
{
    meta:
        description = "Ransom note of LockBit 2 or 3"
        author = "IBD-CERT veldkit"
        reference = "https://www.cisa.gov/news-events/cybersecurity-advisories/aa23-075a"
        date = "2026-11-24"
        score = 90
        license = "EUPL-1.2"
    strings:
        $name = /LockBit (2\.0|3\.0|Black|Green)[^\r\n]{0,40}(fastest|ransomwar[e])/ ascii wide nocase
        $stolen = /Your data are stolen and encrypte[d]/ ascii wide nocase
        $id = /Your personal DECRYPTION ID[:]/ ascii wide nocase
        $site = /lockbit(apt|supp|blog)[a-z2-7]{8,56}\.onion/ ascii wide nocase
    condition:
        filesize < 256KB and ($name or $site or ($stolen and $id))
}

rule ransom_note_akira
{
    meta:
        description = "Ransom note of Akira"
        author = "IBD-CERT veldkit"
        reference = "https://www.cisa.gov/news-events/cybersecurity-advisories/aa24-109a"
        date = "2026-11-24"
        score = 90
        license = "EUPL-1.2"
    strings:
        $greeting = /Whatever who you are and what your title is if you.re reading thi[s]/ ascii wide nocase
        $dead = /internal infrastructure of your company is fully or partially dea[d]/ ascii wide nocase
        $site = /akiral2iz6a7qgd3ayp3l6yub7xx2uep76idk3u2kollpj5z3z636ba[d]/ ascii wide nocase
    condition:
        filesize < 256KB and any of them
}

rule ransom_note_black_basta
{
    meta:
        description = "Ransom note of Black Basta"
        author = "IBD-CERT veldkit"
        reference = "https://www.cisa.gov/news-events/cybersecurity-advisories/aa24-131a"
        date = "2026-11-24"
        score = 90
        license = "EUPL-1.2"
    strings:
        $breached = /Your network has been breached and all data was encrypte[d]/ ascii wide nocase
        $login = /Your company id for log i[n]/ ascii wide nocase
        $published = /The data will be published on TOR website if you do not pay the ranso[m]/ ascii wide nocase
        $site = /aazsbsgya565vlu2c6bzy6yfiebkcbtvvcytvolt33s77xypi7nypxy[d]/ ascii wide nocase
    condition:
        filesize < 256KB and ($site or 2 of them)
}

rule ransom_note_play
{
    meta:
        description = "Ransom note of Play"
        author = "IBD-CERT veldkit"
        reference = "https://www.cisa.gov/news-events/cybersecurity-advisories/aa23-352a"
        date = "2026-11-24"
        score = 90
        license = "EUPL-1.2"
    strings:
        $portal = /news portal, tor network link[s]/ ascii wide nocase
        $site1 = /mbrlkbtq5jonaqkurjwmxftytyn2ethqvbxfu4rgjbkkknndqwae6by[d]/ ascii wide nocase
        $site2 = /k7kg3jqxang3wh7hnmaiokchk7qoebupfgoik6rha6mjpzwupwtj25y[d]/ ascii wide nocase
    condition:
        filesize < 256KB and any of them
}

rule ransom_note_alphv
{
    meta:
        description = "Ransom note of ALPHV (BlackCat)"
        author = "IBD-CERT veldkit"
        reference = "https://www.cisa.gov/news-events/cybersecurity-advisories/aa23-353a"
        date = "2026-11-24"
        score = 90
        license = "EUPL-1.2"
    strings:
        $files = /Important files on your (network|system) was ENCRYPTE[D]/ ascii wide nocase
        $data = /sensitive data on your (network|system) was DOWNLOADE[D]/ ascii wide nocase
        $caution = /DO NOT MODIFY ENCRYPTED FILES YOURSEL[F]/ ascii wide nocase
    condition:
        filesize < 256KB and 2 of them
}

rule ransom_note_qilin
{
    meta:
        description = "Ransom note of Qilin (Agenda)"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/software/S1242/"
        date = "2026-11-24"
        score = 90
        license = "EUPL-1.2"
    strings:
        $name = /-- Qili[n]/ ascii wide nocase
        $network = /Your network\/system was encrypte[d]/ ascii wide nocase
        $extension = /Encrypted files have new extensio[n]/ ascii wide nocase
        $data = /Compromising and sensitive dat[a]/ ascii wide nocase
    condition:
        filesize < 256KB and 2 of them
}

rule ransom_note_rhysida
{
    meta:
        description = "Ransom note of Rhysida"
        author = "IBD-CERT veldkit"
        reference = "https://www.cisa.gov/news-events/cybersecurity-advisories/aa23-319a"
        date = "2026-11-24"
        score = 90
        license = "EUPL-1.2"
    strings:
        $breach = /Critical Breach Detected[^a-z]{1,8}Immediate Response Require[d]/ ascii wide nocase
        $key = /(secret|unique) key[a-z ,\r\n]{1,80}restore your digital security/ ascii wide nocase
        $site = /rhysidafohrhyy2aszi7bm32tnjat5xri65fopcxkdfxhi4tidsg7ca[d]/ ascii wide nocase
    condition:
        filesize < 1MB and any of them
}

rule ransom_esxi_commands
{
    meta:
        description = "Program or script that stops virtual machines and removes their snapshots"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/techniques/T1489/"
        date = "2026-11-24"
        score = 80
        license = "EUPL-1.2"
    strings:
        $kill = /esxcli[^\r\n]{1,40}vm process kill/ nocase
        $off = /vmsvc\/power\.off/ nocase
        $snapshots = /vmsvc\/snapshot\.removeal[l]/ nocase
        $datastore = /\/vmfs\/volume[s]/
    condition:
        filesize < 20MB and $snapshots and $datastore and any of ($kill, $off)
}

rule ransom_recovery_removed
{
    meta:
        description = "Removes shadow copies, backups and startup repair, as ransomware does before encryption"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/techniques/T1490/"
        date = "2026-11-24"
        score = 80
        license = "EUPL-1.2"
    strings:
        $vssadmin = /vssadmin(\.exe)?[\x22']? +(delete +shadows|resize +shadowstorage)/ ascii wide nocase
        $wmic = /shadowcopy +delete/ ascii wide nocase
        $wbadmin = /wbadmin(\.exe)?[\x22']? +delete +(catalog|systemstatebackup|backup)/ ascii wide nocase
        $bcdedit1 = /recoveryenabled +no\b/ ascii wide nocase
        $bcdedit2 = /bootstatuspolicy +ignoreallfailures/ ascii wide nocase
        $wevtutil = /wevtutil(\.exe)?[\x22']? +cl +(security|system|application)/ ascii wide nocase
    condition:
        filesize < 32MB and 3 of them
}
