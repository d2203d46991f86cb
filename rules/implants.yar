/*
    Implants of attack frameworks, as programs and in memory. Score: 90 where only the implant is made so, 80 where
    its operators' own software holds the same.
    A character in brackets, as in wor[d], keeps a rule from matching its own text.
*/

rule implant_cobalt_strike_config
{
    meta:
        description = "Configuration of a Cobalt Strike beacon, plain or XORed with the keys of versions 3 and 4"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/Sentinel-One/CobaltStrikeParser"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $v3 = { 69 68 69 68 69 6B ?? ?? 69 6B 69 68 69 6B ?? ?? 69 6A }
        $v4 = { 2E 2F 2E 2F 2E 2C ?? ?? 2E 2C 2E 2F 2E 2C ?? ?? 2E }
        $plain = { 00 01 00 01 00 02 ?? ?? 00 02 00 01 00 02 ?? ?? 00 03 00 02 00 04 ?? ?? ?? ?? 00 04 00 02 00 04 }
    condition:
        any of them
}

rule implant_sliver
{
    meta:
        description = "Sliver implant or server: descriptors of its messages"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/BishopFox/sliver"
        date = "2026-11-25"
        score = 80
        license = "EUPL-1.2"
    strings:
        $proto = /sliverpb\/sliver\.prot[o]/
        $package = /github\.com\/bishopfox\/sliver\/(implant|protobuf)\//
        $message1 = /sliverpb\.(BeaconTasks|Envelope|Register|SocksData|PivotPeerEnvelope)/
    condition:
        (uint16(0) == 0x5A4D or uint32(0) == 0x464C457F or uint32(0) == 0xFEEDFACF) and 2 of them
}

rule implant_havoc_demon
{
    meta:
        description = "Demon, the implant of Havoc: hashes of API functions, and the magic value of its messages"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/HavocFramework/Havoc"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $magic = { EF BE AD DE }
        $load = { 43 6A 45 9E }
        $address = { B6 6B E7 FC }
        $allocate = { EC B8 83 F7 }
        $write = { 92 01 17 C3 }
        $information = { 62 39 C2 6A }
    condition:
        all of them
}
