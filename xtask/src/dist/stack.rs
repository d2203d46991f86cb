//! Whether a Linux program asks for a stack whose content may be run, which is what an overflow of it needs.
//!
//! In: the bytes of a program. Out: nothing, or why it is refused. One object file in assembler without a note of its own is
//! enough for a linker to ask for it.

use object::LittleEndian as LE;
use object::elf::{FileHeader64, PF_X, PT_GNU_STACK};
use object::read::elf::{FileHeader as _, ProgramHeader as _};

use crate::Result;

/// Checks that the program asks for a stack that may not be run.
///
/// # Errors
///
/// It is no 64-bit program of Linux, asks for an executable stack, or leaves it to the kernel.
pub(super) fn check(image: &[u8]) -> Result {
    let headers = FileHeader64::<LE>::parse(image)?.program_headers(LE, image)?;
    match headers.iter().find(|header| header.p_type(LE) == PT_GNU_STACK) {
        Some(stack) if (stack.p_flags(LE) & PF_X).0 == 0 => Ok(()),
        Some(_) => Err("its stack is executable (PT_GNU_STACK with X)".into()),
        None => Err("it does not say whether its stack is executable (no PT_GNU_STACK)".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    /// A program of headers alone: one program header of this type, with these flags.
    fn program(kind: u32, flags: u32) -> Vec<u8> {
        let mut image = vec![0; 64 + 56];
        image[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        for (at, value) in [(16, 2_u16), (18, 62), (52, 64), (54, 56), (56, 1)] {
            image[at..][..2].copy_from_slice(&value.to_le_bytes());
        }
        image[20] = 1;
        image[32] = 64;
        image[64..68].copy_from_slice(&kind.to_le_bytes());
        image[68..72].copy_from_slice(&flags.to_le_bytes());
        image
    }

    const STACK: u32 = 0x6474_e551;

    #[test]
    fn an_executable_stack_is_refused_and_one_that_is_left_to_the_kernel_too() {
        check(&program(STACK, 6)).unwrap();
        assert!(check(&program(STACK, 7)).unwrap_err().to_string().contains("executable"));
        assert!(check(&program(1, 5)).unwrap_err().to_string().contains("no PT_GNU_STACK"));
        assert!(check(b"\x7fELF").is_err());
    }
}
