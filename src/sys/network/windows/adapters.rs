//! The interfaces of this machine, their addresses, and its tables of routes and neighbours.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::io;
use std::net::IpAddr;
use std::ptr;

use windows_sys::Win32::Foundation::{ERROR_BUFFER_OVERFLOW, ERROR_NO_DATA, ERROR_NOT_FOUND, ERROR_SUCCESS};
use windows_sys::Win32::NetworkManagement::IpHelper::{
    FreeMibTable, GAA_FLAG_INCLUDE_GATEWAYS, GAA_FLAG_SKIP_ANYCAST, GAA_FLAG_SKIP_MULTICAST,
    GET_ADAPTERS_ADDRESSES_FLAGS, GetAdaptersAddresses, GetIfTable2, GetIpForwardTable2, GetIpNetTable2,
    IP_ADAPTER_ADDRESSES_LH, MIB_IF_TABLE2, MIB_IPFORWARD_TABLE2, MIB_IPNET_TABLE2,
};
use windows_sys::Win32::Networking::WinSock::{
    ADDRESS_FAMILY, AF_UNSPEC, NlnsIncomplete, NlnsPermanent, NlnsUnreachable, SOCKADDR_INET, SOCKET_ADDRESS,
};

use crate::sys::windows::library::system_functions;
use crate::sys::windows::{narrow_text_at, text_at};
use crate::sys::{InterfaceAddress, NeighbourEntry, NetworkAdapter, RouteEntry, layouts};

/// How often the adapters are asked for while their number grows.
const TRIES: usize = 8;

/// Most bytes of the adapters' list.
const MAX_LIST: u32 = 16 << 20;

/// Most adapters, and most addresses of one.
const MAX_ADAPTERS: usize = 10_000;
const MAX_ADDRESSES: usize = 10_000;

/// Most rows of a table of routes or neighbours.
const MAX_ROWS: usize = 200_000;

/// `IP_ADAPTER_ADDRESSES`'s states (`IF_OPER_STATUS`, RFC 2863), from 1 on.
const STATES: [&str; 7] = ["up", "down", "testing", "unknown", "dormant", "not_present", "lower_layer_down"];

system_functions! {
    /// The IP helper's functions for interfaces and for what a table of them holds.
    IpHelper in "iphlpapi.dll" {
        adapters: GetAdaptersAddresses(
            u32,
            GET_ADAPTERS_ADDRESSES_FLAGS,
            *const c_void,
            *mut IP_ADAPTER_ADDRESSES_LH,
            *mut u32
        ) -> u32,
        interfaces: GetIfTable2(*mut *mut MIB_IF_TABLE2) -> u32,
        routes: GetIpForwardTable2(ADDRESS_FAMILY, *mut *mut MIB_IPFORWARD_TABLE2) -> u32,
        neighbours: GetIpNetTable2(ADDRESS_FAMILY, *mut *mut MIB_IPNET_TABLE2) -> u32,
        free: FreeMibTable(*const c_void) -> (),
    }
}

pub(in crate::sys::network) fn adapters() -> io::Result<Vec<NetworkAdapter>> {
    let helper = IpHelper::get()?;
    let Some(list) = list(helper)? else { return Ok(Vec::new()) };
    let counts = counts(helper);
    let mut adapters = Vec::new();
    let mut next: *const IP_ADAPTER_ADDRESSES_LH = list.as_ptr().cast();
    for _ in 0..MAX_ADAPTERS {
        // SAFETY: the call filled the list, aligned as its entries are; each points to the next in it, the last to none.
        let Some(adapter) = (unsafe { next.as_ref() }) else { break };
        next = adapter.Next;
        adapters.push(read(adapter, &counts));
    }
    Ok(adapters)
}

pub(in crate::sys::network) fn interface_addresses() -> io::Result<Vec<InterfaceAddress>> {
    let of = |adapter: NetworkAdapter| {
        let interface = adapter.name;
        let of_one =
            move |(address, prefix)| InterfaceAddress { interface: interface.clone(), address, prefix };
        adapter.addresses.into_iter().map(of_one)
    };
    Ok(adapters()?.into_iter().flat_map(of).collect())
}

/// The list that `GetAdaptersAddresses` makes; `None` where there is no adapter with an address.
fn list(helper: &IpHelper) -> io::Result<Option<Vec<u64>>> {
    // 15 KiB is what its page advises to begin with.
    let mut words: Vec<u64> = vec![0; 2 << 10];
    for _ in 0..TRIES {
        let mut length = u32::try_from(words.len().saturating_mul(8)).unwrap_or(u32::MAX);
        // SAFETY: the buffer is as long as is said and aligned for what it holds.
        let answer = unsafe {
            (helper.adapters)(
                u32::from(AF_UNSPEC),
                GAA_FLAG_INCLUDE_GATEWAYS | GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST,
                ptr::null(),
                words.as_mut_ptr().cast(),
                &raw mut length,
            )
        };
        match answer {
            ERROR_SUCCESS => return Ok(Some(words)),
            ERROR_NO_DATA => return Ok(None),
            ERROR_BUFFER_OVERFLOW if length <= MAX_LIST => {
                let wanted = usize::try_from(length).unwrap_or_default() / 8;
                words.resize(wanted.saturating_add(512), 0);
            }
            _ => return Err(io::Error::from_raw_os_error(answer.cast_signed())),
        }
    }
    Err(io::Error::other("the list of adapters grew each time it was read"))
}

fn read(adapter: &IP_ADAPTER_ADDRESSES_LH, counts: &BTreeMap<u32, (u64, u64)>) -> NetworkAdapter {
    // SAFETY: of both unions the call fills the part that is read here; both are numbers alone.
    let index = unsafe { adapter.Anonymous1.Anonymous.IfIndex };
    // SAFETY: the texts stand in the list, and end in a zero.
    let (name, description, suffix, own) = unsafe {
        (
            text_at(adapter.FriendlyName),
            text_at(adapter.Description),
            text_at(adapter.DnsSuffix),
            narrow_text_at(adapter.AdapterName),
        )
    };
    let length = usize::try_from(adapter.PhysicalAddressLength).unwrap_or_default();
    let count = counts.get(&index);
    let state = usize::try_from(adapter.OperStatus).ok().and_then(|state| state.checked_sub(1));
    let mut told = NetworkAdapter {
        name,
        adapter: own,
        description,
        index,
        index_six: adapter.Ipv6IfIndex,
        link: adapter.PhysicalAddress.get(..length).and_then(layouts::link),
        state: state.and_then(|state| STATES.get(state)).copied(),
        kind: adapter.IfType,
        dhcp_server: address(&adapter.Dhcpv4Server),
        received: count.map(|count| count.0),
        sent: count.map(|count| count.1),
        suffix,
        ..NetworkAdapter::default()
    };
    let mut next = adapter.FirstUnicastAddress;
    for _ in 0..MAX_ADDRESSES {
        // SAFETY: each entry stands in the list and points to the next, the last to none; so it is with those below.
        let Some(entry) = (unsafe { next.as_ref() }) else { break };
        let prefix = u32::from(entry.OnLinkPrefixLength);
        told.addresses.extend(address(&entry.Address).map(|address| (address, prefix)));
        next = entry.Next;
    }
    let mut next = adapter.FirstGatewayAddress;
    for _ in 0..MAX_ADDRESSES {
        // SAFETY: as above.
        let Some(entry) = (unsafe { next.as_ref() }) else { break };
        told.gateways.extend(address(&entry.Address));
        next = entry.Next;
    }
    let mut next = adapter.FirstDnsServerAddress;
    for _ in 0..MAX_ADDRESSES {
        // SAFETY: as above.
        let Some(entry) = (unsafe { next.as_ref() }) else { break };
        told.resolvers.extend(address(&entry.Address));
        next = entry.Next;
    }
    told
}

/// The address that an entry points to.
fn address(socket: &SOCKET_ADDRESS) -> Option<IpAddr> {
    let length = usize::try_from(socket.iSockaddrLength).ok().filter(|length| *length <= 128)?;
    if socket.lpSockaddr.is_null() {
        return None;
    }
    // SAFETY: the call that filled the entry says that so many bytes stand there.
    layouts::address(unsafe { std::slice::from_raw_parts(socket.lpSockaddr.cast(), length) })
}

/// The address in a row of a table.
fn address_in(socket: &SOCKADDR_INET) -> Option<IpAddr> {
    // SAFETY: it is of numbers alone, all of which the call that made the table wrote.
    layouts::address(unsafe {
        std::slice::from_raw_parts(ptr::from_ref(socket).cast(), size_of::<SOCKADDR_INET>())
    })
}

/// What each interface received and sent, in bytes, by its number.
fn counts(helper: &IpHelper) -> BTreeMap<u32, (u64, u64)> {
    let mut table = ptr::null_mut();
    // SAFETY: `table` is of the call's type.
    if unsafe { (helper.interfaces)(&raw mut table) } != ERROR_SUCCESS || table.is_null() {
        return BTreeMap::new();
    }
    // SAFETY: the call succeeded, so a table of so many rows stands there until it is freed below.
    let rows = unsafe { rows_of(&raw const (*table).Table, (*table).NumEntries) };
    let count = |row: &windows_sys::Win32::NetworkManagement::IpHelper::MIB_IF_ROW2| {
        (row.InterfaceIndex, (row.InOctets, row.OutOctets))
    };
    let counts = rows.iter().map(count).collect();
    // SAFETY: the table is the call's, and is freed once; nothing that points into it is kept.
    unsafe { (helper.free)(table.cast()) };
    counts
}

/// The rows of a table.
///
/// # Safety
/// So many rows are at `first` for as long as they are used. `first` comes from the pointer to the whole table: from a
/// reference to its field, an array of one row, only that one row may be read.
unsafe fn rows_of<'a, T>(first: *const [T; 1], count: u32) -> &'a [T] {
    let count = usize::try_from(count).unwrap_or_default().min(MAX_ROWS);
    // SAFETY: as the caller says.
    unsafe { std::slice::from_raw_parts(first.cast(), count) }
}

pub(in crate::sys::network) fn routes() -> io::Result<Vec<RouteEntry>> {
    let helper = IpHelper::get()?;
    let mut table = ptr::null_mut();
    // SAFETY: `table` is of the call's type.
    let answer = unsafe { (helper.routes)(AF_UNSPEC, &raw mut table) };
    if answer != ERROR_SUCCESS || table.is_null() {
        return none_or(answer);
    }
    // SAFETY: the call succeeded, so a table of so many rows stands there until it is freed below.
    let rows = unsafe { rows_of(&raw const (*table).Table, (*table).NumEntries) };
    let told = rows.iter().filter_map(|row| {
        Some(RouteEntry {
            destination: address_in(&row.DestinationPrefix.Prefix)?,
            prefix: u32::from(row.DestinationPrefix.PrefixLength),
            gateway: address_in(&row.NextHop).filter(|gateway| !gateway.is_unspecified()),
            index: row.InterfaceIndex,
            metric: row.Metric,
        })
    });
    let told = told.collect();
    // SAFETY: the table is the call's, and is freed once; nothing that points into it is kept.
    unsafe { (helper.free)(table.cast()) };
    Ok(told)
}

pub(in crate::sys::network) fn neighbours() -> io::Result<Vec<NeighbourEntry>> {
    let helper = IpHelper::get()?;
    let mut table = ptr::null_mut();
    // SAFETY: `table` is of the call's type.
    let answer = unsafe { (helper.neighbours)(AF_UNSPEC, &raw mut table) };
    if answer != ERROR_SUCCESS || table.is_null() {
        return none_or(answer);
    }
    // SAFETY: the call succeeded, so a table of so many rows stands there until it is freed below.
    let rows = unsafe { rows_of(&raw const (*table).Table, (*table).NumEntries) };
    let told = rows.iter().filter_map(|row| {
        let length = usize::try_from(row.PhysicalAddressLength).unwrap_or_default();
        let answered = row.State != NlnsUnreachable && row.State != NlnsIncomplete;
        Some(NeighbourEntry {
            address: address_in(&row.Address)?,
            link: row.PhysicalAddress.get(..length).filter(|_| answered).and_then(layouts::link),
            index: row.InterfaceIndex,
            permanent: row.State == NlnsPermanent,
        })
    });
    let told = told.collect();
    // SAFETY: the table is the call's, and is freed once; nothing that points into it is kept.
    unsafe { (helper.free)(table.cast()) };
    Ok(told)
}

/// That there is nothing is no failure.
fn none_or<T>(answer: u32) -> io::Result<Vec<T>> {
    if matches!(answer, ERROR_SUCCESS | ERROR_NOT_FOUND) {
        return Ok(Vec::new());
    }
    Err(io::Error::from_raw_os_error(answer.cast_signed()))
}
