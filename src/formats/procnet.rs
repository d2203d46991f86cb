//! What Linux writes of its network under `/proc/net`, read from text: pure, and never a panic.
//!
//! In: the bytes of one file. Out: a value for each line that has the kernel's form; others are left out. Addresses are
//! printed as words in the byte order of the machine, which is taken to be little-endian, as all are that this tool is
//! built for. <https://man7.org/linux/man-pages/man5/proc_pid_net.5.html>

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Most lines taken of one table.
pub const MAX_LINES: usize = 1 << 20;

/// A line of `tcp`, `udp`, `raw` or `icmp`, and their kin for IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Internet {
    /// Own address.
    pub local: IpAddr,
    /// Own port; the protocol's number for raw sockets.
    pub local_port: u16,
    /// The other's address; unspecified where there is none.
    pub remote: IpAddr,
    /// The other's port.
    pub remote_port: u16,
    /// The state as a number of the kernel (`include/net/tcp_states.h`).
    pub state: u8,
    /// Bytes to send.
    pub sending: u32,
    /// Bytes to be read.
    pub receiving: u32,
    /// Who made it.
    pub user: u32,
    /// Its inode, by which it is found with a process; 0 where none holds it any more.
    pub inode: u64,
}

/// Reads `/proc/net/tcp` and its kin.
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

/// The name of a state of TCP; other protocols use `established` and `close` alone.
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

/// An address as one or four words of eight hexadecimal digits.
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
    /// Whether it waits for connections (`SO_ACCEPTCON`).
    pub listens: bool,
    /// `stream`, `datagram` or `packets`; another as its number.
    pub kind: u16,
    /// Whether it is connected: 3; 1 is not.
    pub state: u8,
    /// Its inode.
    pub inode: u64,
    /// Its name; one that begins with `@` stands in no file system.
    pub path: Option<Vec<u8>>,
}

/// Reads `/proc/net/unix` (unix(7)). A name may hold blanks and any bytes.
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

/// A line of `/proc/net/packet`: a socket that sees frames of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet {
    /// The kind of frames it asks for (`ETH_P_*`): 3 is all of them.
    pub protocol: u16,
    /// Number of its interface; 0 for all.
    pub interface: u32,
    /// Whether it is at work.
    pub running: bool,
    /// Who made it.
    pub user: u32,
    /// Its inode.
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

/// The inode in the link of an open socket: `socket:[12345]`.
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
    /// Where it leads to.
    pub destination: IpAddr,
    /// Length of the destination's prefix.
    pub prefix: u32,
    /// The next hop; unspecified where there is none.
    pub gateway: IpAddr,
    /// Its metric.
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

/// Reads `/proc/net/ipv6_route`, whose addresses are bytes and not words.
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

/// An address of IPv6 as 32 hexadecimal digits in the order of the network.
fn address_of_bytes(text: &str) -> Option<IpAddr> {
    let bits = (text.len() == 32).then(|| u128::from_str_radix(text, 16).ok())??;
    Some(Ipv6Addr::from_bits(bits).into())
}

/// A line of `/proc/net/if_inet6`: name of an interface, its address, length of the prefix.
pub fn addresses_6(text: &[u8]) -> impl Iterator<Item = (String, IpAddr, u32)> {
    lines(text).filter_map(|line| {
        let fields: Vec<&str> = str::from_utf8(line).ok()?.split_ascii_whitespace().take(6).collect();
        let prefix = u32::from_str_radix(fields.get(2)?, 16).ok()?;
        Some(((*fields.get(5)?).to_owned(), address_of_bytes(fields.first()?)?, prefix))
    })
}

/// The host's own addresses in `/proc/net/fib_trie`, which does not say on which interface: leaves marked
/// `/32 host LOCAL`.
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

/// A line of `/proc/net/dev`: the name of an interface, bytes received and bytes sent.
pub fn interfaces(text: &[u8]) -> impl Iterator<Item = (String, u64, u64)> {
    lines(text).filter_map(|line| {
        let (name, numbers) = str::from_utf8(line).ok()?.split_once(':')?;
        let mut numbers = numbers.split_ascii_whitespace();
        let received = numbers.next()?.parse().ok()?;
        Some((name.trim().to_owned(), received, numbers.nth(7)?.parse().ok()?))
    })
}

/// A line of `/proc/net/arp`: a machine beside this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArpEntry {
    /// Its address.
    pub address: IpAddr,
    /// Its address on the link; zeros where nobody answered.
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
    fn sockets_of_both_families_are_read_and_headers_are_none() {
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
    fn names_of_unix_sockets_hold_anything() {
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
        let beside = neighbours(text).next().unwrap();
        assert_eq!(
            (beside.link.as_str(), beside.flags, beside.interface.as_str()),
            ("00:11:22:33:44:55", 2, "eth0")
        );
    }
}
