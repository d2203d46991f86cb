//! Sentences of `veldkit list-volumes`.

use super::sentence::sentences;

sentences! {
    /// The image that was named is none, or is not there.
    name_an_image {
        nl: "klopt het pad? Geef het bestand van een schijf of virtuele schijf, of --live voor deze computer",
        en: "is the path right? Give the file of a disk or virtual disk, or --live for this host",
    }
    /// Heading of the column with the number of a volume.
    number { nl: "nr", en: "no" }
    /// Heading of the column with the first byte of a volume.
    start { nl: "begin", en: "start" }
    /// Heading of the column with the size of a volume.
    size { nl: "grootte", en: "size" }
    /// Heading of the column with the file system.
    file_system { nl: "systeem", en: "system" }
    /// Heading of the column with the drive letter or mount point.
    mounted_on { nl: "plaats", en: "place" }
    /// Heading of the column with the kind of partition.
    kind { nl: "soort", en: "kind" }
}
