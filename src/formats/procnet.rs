//! Reads the network tables of Linux in `/proc/net`. Pure; never panics.
//!
//! In: the bytes of one file. Out: a value per line in the kernel's form; other lines are left out. The kernel prints
//! addresses as words in host byte order, which is assumed to be little-endian, as on all supported targets.
//! <https://man7.org/linux/man-pages/man5/proc_pid_net.5.html>

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Maximum number of lines per table.
pub const MAX_LINES: usize = 1 << 20;

/// A line of `tcp`, `udp`, `raw` or `icmp`, or of their IPv6 variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Internet {
    /// Local address.
    pub local: IpAddr,
    /// Local port; the protocol number for raw sockets.
    pub local_port: u16,
    /// Remote address; unspecified where there is none.
    pub remote: IpAddr,
    /// Remote port.
    pub remote_port: u16,
    /// State number of the kernel (`include/net/tcp_states.h`).
    pub state: u8,
    /// Bytes in the send queue.
    pub sending: u32,
    /// Bytes in the receive queue.
    pub receiving: u32,
    /// User id of the creator.
    pub user: u32,
    /// Inode, by which its process is found; 0 where no process has it open.
    pub inode: u64,
}

/// Reads `/proc/net/tcp` and the similar tables.
pub fn internet(text: &[u8]) -> impl Iterator<Item = Internet> {
    lines(text).filter_map(|line| {
        let fields: Vec<&str> = str::from_utf8(line).ok()?.split_ascii_whitespace().take(10).collect();
        let field = |index: usize| fields.get(index).copied();
        let (local, local_port) = endpoint(field(1)?)?;
        let (remote, remote_port) = endpoint(field(2)?)?;
        let (sending, receiving) = field(4)?.split_once(':')?;
        Some(Internet {
            local,
            local_port,
            remote,
            remote_port,
            state: u8::from_str_radix(field(3)?, 16).ok()?,
            sending: u32::from_str_radix(sending, 16).ok()?,
            receiving: u32::from_str_radix(receiving, 16).ok()?,
            user: field(7)?.parse().ok()?,
            inode: field(9)?.parse().ok()?,
        })
    })
}

/// Returns the name of a TCP state; other protocols use `established` and `close` only.
#[must_use]
pub const fn state_name(state: u8) -> Option<&'static str> {
    Some(match state {
        1 => "established",
        2 => "syn_sent",
        3 => "syn_received",
        4 => "fin_wait_1",
        5 => "fin_wait_2",
        6 => "time_wait",
        7 => "close",
        8 => "close_wait",
        9 => "last_ack",
        10 => "listen",
        11 => "closing",
        12 => "new_syn_received",
        _ => return None,
    })
}

fn endpoint(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    Some((address_of_words(address)?, u16::from_str_radix(port, 16).ok()?))
}

/// Reads an address of one or four words of eight hexadecimal digits.
fn address_of_words(text: &str) -> Option<IpAddr> {
    let word = |at: usize| -> Option<[u8; 4]> {
        let digits = text.get(at..at.checked_add(8)?)?;
        u32::from_str_radix(digits, 16).ok().map(u32::to_le_bytes)
    };
    match text.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let words = [word(0)?, word(8)?, word(16)?, word(24)?].concat();
            Some(Ipv6Addr::from(<[u8; 16]>::try_from(words).ok()?).into())
        }
        _ => None,
    }
}

/// A line of `/proc/net/unix`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unix {
    /// Whether it listens for connections (`SO_ACCEPTCON`).
    pub listens: bool,
    /// `stream`, `datagram` or `packets`; any other type as its number.
    pub kind: u16,
    /// State number: 3 is connected, 1 is not.
    pub state: u8,
    /// Inode.
    pub inode: u64,
    /// Path; one that begins with `@` is abstract, outside the file system.
    pub path: Option<Vec<u8>>,
}

/// Reads `/proc/net/unix` (unix(7)). A path may contain blanks and any bytes.
pub fn unix(text: &[u8]) -> impl Iterator<Item = Unix> {
    lines(text).filter_map(|line| {
        let mut rest = line;
        let mut fields = Vec::with_capacity(7);
        while fields.len() < 7 {
            let begin = rest.iter().position(|byte| *byte != b' ')?;
            let word = rest.get(begin..)?;
            let end = word.iter().position(|byte| *byte == b' ').unwrap_or(word.len());
            fields.push(str::from_utf8(word.get(..end)?).ok()?);
            rest = word.get(end..)?;
        }
        let hexadecimal = |index: usize| u64::from_str_radix(fields.get(index)?, 16).ok();
        let path = rest.strip_prefix(b" ").filter(|path| !path.is_empty());
        Some(Unix {
            listens: hexadecimal(3)? & 0x1_0000 != 0,
            kind: u16::try_from(hexadecimal(4)?).ok()?,
            state: u8::try_from(hexadecimal(5)?).ok()?,
            inode: fields.get(6)?.parse().ok()?,
            path: path.map(<[u8]>::to_vec),
        })
    })
}

/// A line of `/proc/net/packet`: a socket that receives network frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet {
    /// Type of the frames (`ETH_P_*`): 3 is all of them.
    pub protocol: u16,
    /// Number of its interface; 0 for all.
    pub interface: u32,
    /// Whether it is active.
    pub running: bool,
    /// User id of the creator.
    pub user: u32,
    /// Inode.
    pub inode: u64,
}

/// Reads `/proc/net/packet` (packet(7)).
pub fn packet(text: &[u8]) -> impl Iterator<Item = Packet> {
    lines(text).filter_map(|line| {
        let fields: Vec<&str> = str::from_utf8(line).ok()?.split_ascii_whitespace().take(9).collect();
        let field = |index: usize| fields.get(index).copied();
        Some(Packet {
            protocol: u16::from_str_radix(field(3)?, 16).ok()?,
            interface: field(4)?.parse().ok()?,
            running: field(5)? != "0",
            user: field(7)?.parse().ok()?,
            inode: field(8)?.parse().ok()?,
        })
    })
}

/// Returns the inode from the link of an open socket: `socket:[12345]`.
#[must_use]
pub fn socket(target: &[u8]) -> Option<u64> {
    let number = target.strip_prefix(b"socket:[")?.strip_suffix(b"]")?;
    str::from_utf8(number).ok()?.parse().ok()
}

/// A line of `/proc/net/route` or `ipv6_route`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The interface.
    pub interface: String,
    /// Destination address.
    pub destination: IpAddr,
    /// Prefix length of the destination.
    pub prefix: u32,
    /// Next hop; unspecified where there is none.
    pub gateway: IpAddr,
    /// Metric.
    pub metric: u32,
    /// Flags (`RTF_*`).
    pub flags: u32,
}

/// Reads `/proc/net/route`.
pub fn routes(text: &[u8]) -> impl Iterator<Item = Route> {
    lines(text).filter_map(|line| {
        let fields: Vec<&str> = str::from_utf8(line).ok()?.split_ascii_whitespace().take(8).collect();
        let field = |index: usize| fields.get(index).copied();
        let IpAddr::V4(mask) = address_of_words(field(7)?)? else { return None };
        Some(Route {
            interface: field(0)?.to_owned(),
            destination: address_of_words(field(1)?)?,
            prefix: mask.to_bits().count_ones(),
            gateway: address_of_words(field(2)?)?,
            metric: field(6)?.parse().ok()?,
            flags: u32::from_str_radix(field(3)?, 16).ok()?,
        })
    })
}

/// Reads `/proc/net/ipv6_route`, where addresses are bytes instead of words.
pub fn routes_6(text: &[u8]) -> impl Iterator<Item = Route> {
    lines(text).filter_map(|line| {
        let fields: Vec<&str> = str::from_utf8(line).ok()?.split_ascii_whitespace().take(10).collect();
        let field = |index: usize| fields.get(index).copied();
        let number = |index: usize| u32::from_str_radix(field(index)?, 16).ok();
        Some(Route {
            interface: field(9)?.to_owned(),
            destination: address_of_bytes(field(0)?)?,
            prefix: number(1)?,
            gateway: address_of_bytes(field(4)?)?,
            metric: number(5)?,
            flags: number(8)?,
        })
    })
}

/// Reads an IPv6 address of 32 hexadecimal digits in network byte order.
fn address_of_bytes(text: &str) -> Option<IpAddr> {
    let bits = (text.len() == 32).then(|| u128::from_str_radix(text, 16).ok())??;
    Some(Ipv6Addr::from_bits(bits).into())
}

/// Reads `/proc/net/if_inet6`: interface name, address, prefix length.
pub fn addresses_6(text: &[u8]) -> impl Iterator<Item = (String, IpAddr, u32)> {
    lines(text).filter_map(|line| {
        let fields: Vec<&str> = str::from_utf8(line).ok()?.split_ascii_whitespace().take(6).collect();
        let prefix = u32::from_str_radix(fields.get(2)?, 16).ok()?;
        Some(((*fields.get(5)?).to_owned(), address_of_bytes(fields.first()?)?, prefix))
    })
}

/// Returns the host's addresses from `/proc/net/fib_trie`: leaves marked `/32 host LOCAL`. Their interfaces are not
/// in the file.
#[must_use]
pub fn own_addresses(text: &[u8]) -> Vec<IpAddr> {
    let (mut leaf, mut own) = (None, Vec::new());
    for line in lines(text) {
        let line = str::from_utf8(line).unwrap_or_default().trim_start();
        if let Some(address) = line.strip_prefix("|-- ") {
            leaf = address.trim().parse::<IpAddr>().ok();
        } else if line.starts_with("/32 host LOCAL")
            && let Some(address) = leaf.take()
            && !own.contains(&address)
        {
            own.push(address);
        }
    }
    own
}

/// Reads `/proc/net/dev`: interface name, bytes received and bytes sent.
pub fn interfaces(text: &[u8]) -> impl Iterator<Item = (String, u64, u64)> {
    lines(text).filter_map(|line| {
        let (name, numbers) = str::from_utf8(line).ok()?.split_once(':')?;
        let mut numbers = numbers.split_ascii_whitespace();
        let received = numbers.next()?.parse().ok()?;
        Some((name.trim().to_owned(), received, numbers.nth(7)?.parse().ok()?))
    })
}

/// A line of `/proc/net/arp`: a neighbour on the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArpEntry {
    /// IP address.
    pub address: IpAddr,
    /// Link-layer address; zeros where nobody answered.
    pub link: String,
    /// Flags (`ATF_*`): 2 is complete, 4 is permanent.
    pub flags: u32,
    /// The interface.
    pub interface: String,
}

/// Reads `/proc/net/arp`.
pub fn neighbours(text: &[u8]) -> impl Iterator<Item = ArpEntry> {
    lines(text).filter_map(|line| {
        let fields: Vec<&str> = str::from_utf8(line).ok()?.split_ascii_whitespace().take(6).collect();
        let field = |index: usize| fields.get(index).copied();
        Some(ArpEntry {
            address: field(0)?.parse().ok()?,
            link: field(3)?.to_owned(),
            flags: u32::from_str_radix(field(2)?.strip_prefix("0x")?, 16).ok()?,
            interface: field(5)?.to_owned(),
        })
    })
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').take(MAX_LINES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_of_both_families_are_read_and_headers_are_skipped() {
        let text = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
             0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 12345 1 0 100 0 0 10 0\n\
             1: 0B00000A:0016 C80A0A0A:D431 01 00000024:00000001 01:00000014 00000000     0        0 777 4 0 20 4 29 10 -1\n\
             2: broken\n";
        let all: Vec<_> = internet(text).collect();
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].local.to_string(), all[0].local_port), ("127.0.0.1".to_owned(), 8080));
        assert_eq!((state_name(all[0].state), all[0].user, all[0].inode), (Some("listen"), 1000, 12345));
        assert_eq!((all[1].remote.to_string(), all[1].remote_port), ("10.10.10.200".to_owned(), 54321));
        assert_eq!(
            (all[1].sending, all[1].receiving, state_name(all[1].state)),
            (36, 1, Some("established"))
        );
        let text = b" 0: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 9 1";
        let six = internet(text).next().unwrap();
        assert_eq!((six.local.to_string(), six.local_port), ("::1".to_owned(), 22));
    }

    #[test]
    fn names_of_unix_sockets_may_contain_any_bytes() {
        let text = b"Num       RefCount Protocol Flags    Type St Inode Path\n\
            0000000000000000: 00000002 00000000 00010000 0001 01 22000 /run/my socket\n\
            0000000000000000: 00000003 00000000 00000000 0002 01 22001\n\
            0000000000000000: 00000003 00000000 00000000 0001 03     7 @\xff\xfe\n";
        let all: Vec<_> = unix(text).collect();
        assert_eq!(all.len(), 3);
        assert_eq!((all[0].listens, all[0].path.as_deref()), (true, Some(&b"/run/my socket"[..])));
        assert_eq!((all[1].kind, all[1].path.as_deref(), all[1].inode), (2, None, 22001));
        assert_eq!((all[2].state, all[2].path.as_deref()), (3, Some(&b"@\xff\xfe"[..])));
    }

    #[test]
    fn the_other_tables_are_read() {
        let text = b"sk RefCnt Type Proto Iface R Rmem User Inode\n0000000000000000 3 3 0003 2 1 0 0 31337\n";
        let sniffer = packet(text).next().unwrap();
        assert_eq!(
            (sniffer.protocol, sniffer.interface, sniffer.running, sniffer.inode),
            (3, 2, true, 31337)
        );
        assert_eq!(socket(b"socket:[42]"), Some(42));
        assert_eq!(socket(b"pipe:[42]"), None);

        let text = b"Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n\
            eth0 00000000 0100000A 0003 0 0 100 00000000 0 0 0\neth0 0000000A 00000000 0001 0 0 100 00FFFFFF 0 0 0\n";
        let all: Vec<_> = routes(text)
            .map(|route| (route.destination.to_string(), route.prefix, route.gateway.to_string()))
            .collect();
        assert_eq!(
            all,
            [("0.0.0.0".into(), 0, "10.0.0.1".into()), ("10.0.0.0".into(), 24, "0.0.0.0".to_owned())]
        );
        let text = b"fe800000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001 eth0\n";
        let six = routes_6(text).next().unwrap();
        assert_eq!((six.destination.to_string(), six.prefix, six.metric), ("fe80::".to_owned(), 64, 256));
        let text = b"fe80000000000000021122fffe334455 02 40 20 80     eth0\n";
        assert_eq!(
            addresses_6(text).next().unwrap(),
            ("eth0".to_owned(), "fe80::211:22ff:fe33:4455".parse().unwrap(), 64)
        );

        let text = b"Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n     |-- 10.0.0.11\n        /32 host LOCAL\nLocal:\n     |-- 10.0.0.11\n        /32 host LOCAL\n     |-- 127.0.0.1\n        /32 host LOCAL\n";
        assert_eq!(
            own_addresses(text),
            ["10.0.0.11".parse::<IpAddr>().unwrap(), "127.0.0.1".parse().unwrap()]
        );
        let text = b"Inter-|   Receive | Transmit\n face |bytes packets|bytes\n  eth0: 1000 2 0 0 0 0 0 0 3000 4 0 0 0 0 0 0\n";
        assert_eq!(interfaces(text).collect::<Vec<_>>(), [("eth0".to_owned(), 1000, 3000)]);
        let text =
            b"IP address HW type Flags HW address Mask Device\n10.0.0.1 0x1 0x2 00:11:22:33:44:55 * eth0\n";
        let neighbour = neighbours(text).next().unwrap();
        assert_eq!(
            (neighbour.link.as_str(), neighbour.flags, neighbour.interface.as_str()),
            ("00:11:22:33:44:55", 2, "eth0")
        );
    }
}
