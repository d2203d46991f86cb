/*
    Ransom notes of further families, by specific phrases and addresses in published notes.
    Score: 90 for text in the notes of one family only, 85 where imitators use the same text.
    A character in brackets, as in wor[d], keeps a rule from matching its own text.
*/

rule ransom_note_medusa
{
    meta:
        description = "Ransom note of Medusa"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/threatlabz/ransomware_notes"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $site1 = /medusaxko7jxtrojdkxo66j7ck4q5tgktf7uqsqyfry4ebnxlcbkccy[d]/ ascii wide nocase
        $site2 = /medusakxxtp3uo7vusntvubnytaph4d3amxivbggl3hnhpk2nmus34y[d]/ ascii wide nocase
        $tool = /MEDUSA DECRYPTOR and DECRYPTION KEY[s]/ ascii wide nocase
        $stolen = /We have PENETRATE your network and COPIED dat[a]/ ascii wide nocase
    condition:
        filesize < 256KB and any of them
}

rule ransom_note_cactus
{
    meta:
        description = "Ransom note of Cactus"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/threatlabz/ransomware_notes"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $name = /systems were accessed and encrypted by Cactu[s]/ ascii wide nocase
        $site = /cactusbloguuodvqjmnzlwetjlpj6aggc6iocwhuupb47laukux7cki[d]/ ascii wide nocase
        $tox = /7367B422CD7498D5F2AAF33F58F67A332F8520CF0279A5FBB4611E0121AE421AE1D49ACEABB[2]/ ascii wide nocase
    condition:
        filesize < 256KB and any of them
}

rule ransom_note_inc
{
    meta:
        description = "Ransom note of INC Ransom"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/threatlabz/ransomware_notes"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $pay1 = /incpaysp74dphcbjyvg2eepxnl3tkgt5mq5vd4tnjusoissz342bdna[d]/ ascii wide nocase
        $pay2 = /incpaykabjqc2mtdxq6c23nqh4x6m5dkps5fr6vgdkgzp5njssx6qki[d]/ ascii wide nocase
        $blog1 = /incblog7vmuq7rktic73r4ha4j757m3ptym37tyvifzp2roedyyzzxi[d]/ ascii wide nocase
        $blog2 = /incblog6qu4y4mm4zvw5nrmue6qbwtgjsxpw6b7ixzssu36tsajldoa[d]/ ascii wide nocase
        $words = /Do not try to devalue our tool - nothing will come of i[t]/ ascii wide nocase
    condition:
        filesize < 256KB and any of them
}

rule ransom_note_hive
{
    meta:
        description = "Ransom note of Hive"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/threatlabz/ransomware_notes"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $leaks = /hiveleakdbtnp76ulyhi52eag6c6tyc3xw7ez7iqy6wc34gd2nekazy[d]/ ascii wide nocase
        $sales = /hivecust6vhekztbqgdnkks64ucehqacge3dij3gyrrpdp57zoq3ooq[d]/ ascii wide nocase
        $keys = /Do not modify, rename or delete \*\.ke[y]/ ascii wide nocase
        $department = /Please contact our sales department a[t]/ ascii wide nocase
    condition:
        filesize < 256KB and (any of ($leaks, $sales) or ($keys and $department))
}

rule ransom_note_royal
{
    meta:
        description = "Ransom note of Royal"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/threatlabz/ransomware_notes"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $site = /royal2xthig3ou5hd7zsliqagy6yygk2cdelaxtni2fyad6dpmpxedi[d]/ ascii wide nocase
        $name = /your system were hit by Royal ransomwar[e]/ ascii wide nocase
        $deal = /modest royalty ?\(got it; got it \? ?[)]/ ascii wide nocase
    condition:
        filesize < 256KB and any of them
}

rule ransom_note_blacksuit
{
    meta:
        description = "Ransom note of BlackSuit"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/threatlabz/ransomware_notes"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $site = /weg7sdx54bevnvulapqu6bpzwztryeflq3s23tegbmnhkbpqz637f2y[d]/ ascii wide nocase
        $name = /Extortioner named[ \t]{1,4}BlackSuit has attacke[d]/ ascii wide nocase
        $deal = /We \(BlackSuit\) are ready to giv[e]/ ascii wide nocase
    condition:
        filesize < 256KB and any of them
}

rule ransom_note_8base
{
    meta:
        description = "Ransom note of 8Base"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/threatlabz/ransomware_notes"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $site = /basemmnnqwxevlymli5bs36o5ynti55xojzvn246spahniugwkff2pa[d]/ ascii wide nocase
        $telegram = /t\.me\/eightbas[e]\b/ ascii wide nocase
        $cipher = /could DAMAGE the cipher an[d]/ ascii wide nocase
        $happen = /The security of your IT perimeter has been compromise[d]/ ascii wide nocase
    condition:
        filesize < 256KB and ($site or 2 of them)
}

rule ransom_note_phobos
{
    meta:
        description = "Ransom note of Phobos or a related family"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/threatlabz/ransomware_notes"
        date = "2026-11-25"
        score = 85
        license = "EUPL-1.2"
    strings:
        $all = /!!!All of your files are encrypted!![!]/ ascii wide nocase
        $answer = /If we don.t answer in [0-9]{2}h\., send e-mail to this addres[s]/ ascii wide nocase
        $mail = /If there is no response from our mail, you can instal[l]/ ascii wide nocase
    condition:
        filesize < 256KB and 2 of them
}

rule ransom_note_conti
{
    meta:
        description = "Ransom note of Conti"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/threatlabz/ransomware_notes"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $name = /All of your files are currently encrypted by CONT[I]/ ascii wide nocase
        $site = /contirec7nchr45rx6ympez5rjldibnqzh7lsa56lvjvaeywhvoj3wa[d]/ ascii wide nocase
        $try = /To make sure that we REALLY CAN (get|recover)/ ascii wide nocase
        $id = /---BEGIN ID--[-]/ ascii wide nocase
    condition:
        filesize < 256KB and ($name or $site or ($try and $id))
}

rule ransom_note_ransomhub
{
    meta:
        description = "Ransom note of RansomHub"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/threatlabz/ransomware_notes"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $site = /ransomxifxwc5eteopdobynonjctkxxvap77yqifu2emfbecgbqdw6q[d]/ ascii wide nocase
        $chat1 = /davtdavm734bl4hkr3sr4dvfzpdzuzei2zrcor4vte4a3xuok2rxcmy[d]/ ascii wide nocase
        $chat2 = /cki3klxqycazagx3r5prae3nmfvxmwa34beknr3il4uf76vxd76akqi[d]/ ascii wide nocase
    condition:
        filesize < 256KB and any of them
}

rule ransom_note_dragonforce
{
    meta:
        description = "Ransom note of DragonForce"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/threatlabz/ransomware_notes"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $client = /3pktcrcbmssvrnwe5skburdwe2h3v6ibdnn5kbjqihsg6eu6s6b7ryq[d]/ ascii wide nocase
        $tox = /1C054B722BCBF41A918EF3C485712742088F5C3E81B2FDD91ADEA6BA55F4A856D90A65E99D2[0]/ ascii wide nocase
    condition:
        filesize < 256KB and any of them
}

rule ransom_note_embargo
{
    meta:
        description = "Ransom note of Embargo"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/threatlabz/ransomware_notes"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $blog = /embargobe3n5okxyzqphpmk3moinoap2snz5k6765mvtkk7hhi544ji[d]/ ascii wide nocase
        $register = /5ntlvn7lmkezscee2vhatjaigkcu2rzj3bwhqaz32snmqc4jha3gcja[d]/ ascii wide nocase
        $audit = /chosen for Security Audit by EMBARGO Tea[m]/ ascii wide nocase
    condition:
        filesize < 256KB and any of them
}

rule ransom_note_hunters
{
    meta:
        description = "Ransom note of Hunters International"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/threatlabz/ransomware_notes"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $site1 = /hunters55rdxciehoqzwv7vgyv6nt37tbwax2reroyzxhou7my5ejyi[d]/ ascii wide nocase
        $site2 = /hunters33mmcwww7ek7q5ndahul6nmzmrsumfs6aenicbqon6mxfiqy[d]/ ascii wide nocase
        $site3 = /hunters33dootzzwybhxyh6xnmumopeoza6u4hkontdqu7awnhmix7a[d]/ ascii wide nocase
        $site4 = /hunters55atbdusuladzv7vzv6a423bkh6ksl2uftwrxyuarbzlfh7y[d]/ ascii wide nocase
    condition:
        filesize < 256KB and any of them
}

rule ransom_note_bianlian
{
    meta:
        description = "Ransom note of BianLian"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/threatlabz/ransomware_notes"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $site1 = /bianlianlbc5an4kgnay3opdemgcryg2kpfcbgczopmm3dnbz3uauna[d]/ ascii wide nocase
        $site2 = /bianlivemqbawcco4cx4a672k2fip3guyxudzurfqvdszafam3ofqgq[d]/ ascii wide nocase
        $tox = /A4B3B0845DA242A64BF17E0DB4278EDF85855739667D3E2AE8B89D5439015F07E81D12D767F[C]/ ascii wide nocase
    condition:
        filesize < 256KB and any of them
}

rule ransom_note_medusalocker
{
    meta:
        description = "Ransom note of MedusaLocker"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/threatlabz/ransomware_notes"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $site = /qd7pcafncosqfqu3ha6fcx4h6sr7tzwagzpcdcnytiw3b6varaeqv5y[d]/ ascii wide nocase
        $company = /YOUR COMPANY NETWORK HAS BEEN PENETRATE[D]/ ascii wide nocase
        $modified = /Your files are safe! Only modified\. \(RSA\+AES[)]/ ascii wide nocase
    condition:
        filesize < 256KB and ($site or ($company and $modified))
}

rule ransom_note_vice_society
{
    meta:
        description = "Ransom note of Vice Society"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/threatlabz/ransomware_notes"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $name = /FILES HAVE BEEN ENCRYPTED BY VICE SOCIET[Y]/ ascii wide nocase
        $mail = /v-society\.officia[l]/ ascii wide nocase
    condition:
        filesize < 256KB and any of them
}

rule ransom_note_clop
{
    meta:
        description = "Ransom note of Cl0p"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/threatlabz/ransomware_notes"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $site = /santat7kpllt6iyvqbr7q4amdv6dzrh6paatvyrzl7ry3zm72zigf4a[d]/ ascii wide nocase
        $chat1 = /6v4q5w7di74grj2vtmikzgx2tnq5eagyg2cubpcnqrvvee2ijpmprzq[d]/ ascii wide nocase
        $chat2 = /npkoxkuygikbkpuf5yxte66um727wmdo2jtpg2djhb2e224i4r25v7a[d]/ ascii wide nocase
        $useless = /Photorec, RannohDecryptor etc\. repair tools are useles[s]/ ascii wide nocase
    condition:
        filesize < 256KB and any of them
}

rule ransom_note_mallox
{
    meta:
        description = "Ransom note of Mallox"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/threatlabz/ransomware_notes"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $site = /wtyafjyhwqrgo4a45wdvvwhen3cx4euie73qvlhkhvlrexljoyuklaa[d]/ ascii wide nocase
        $path = /\.onion\/mallox\/privateSigni[n]/ ascii wide nocase
        $mail = /mallox\.resurrection[@]/ ascii wide nocase
    condition:
        filesize < 256KB and any of them
}
