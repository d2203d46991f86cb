/*
    The rule that must fire at every start, on a text that the scanner brings itself.
    Where it stays silent, the absence of other hits would mean nothing, and the run is refused.
*/
rule veldkit_self_test
{
    meta:
        description = "Self-test: shows that rules are applied"
        author = "IBD-CERT veldkit"
        reference = "src/scan/mod.rs"
        date = "2026-11-24"
        score = 0
        license = "EUPL-1.2"
    strings:
        $marker = /veldkit self test: 7d0f1c52 rules are aliv[e]/
    condition:
        $marker
}
