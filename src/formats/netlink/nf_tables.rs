//! Numbers of nftables under their kernel names, from `linux/netfilter/nf_tables.h` unless stated otherwise.
//!
//! In: nothing. Out: the numbers of messages, attributes, registers, keys and flags that this program reads. They are
//! part of the stable kernel interface. `linux-raw-sys` has some of them, but for Linux only, while these are needed
//! on every system.

// Families of netfilter, to which a table or a rule applies (`enum`, linux/netfilter.h).
pub(super) const NFPROTO_INET: u8 = 1;
pub(super) const NFPROTO_IPV4: u8 = 2;
pub(super) const NFPROTO_ARP: u8 = 3;
pub(super) const NFPROTO_NETDEV: u8 = 5;
pub(super) const NFPROTO_BRIDGE: u8 = 7;
pub(super) const NFPROTO_IPV6: u8 = 10;

// Verdicts of netfilter (linux/netfilter.h) and of nftables (`enum nft_verdicts`).
pub(super) const NF_DROP: i64 = 0;
pub(super) const NF_ACCEPT: i64 = 1;
pub(super) const NFT_CONTINUE: i64 = -1;
pub(super) const NFT_BREAK: i64 = -2;
pub(super) const NFT_JUMP: i64 = -3;
pub(super) const NFT_GOTO: i64 = -4;
pub(super) const NFT_RETURN: i64 = -5;

// Messages (`enum nf_tables_msg_types`).
pub(super) const NFT_MSG_NEWTABLE: u16 = 0;
pub(super) const NFT_MSG_GETTABLE: u16 = 1;
pub(super) const NFT_MSG_NEWCHAIN: u16 = 3;
pub(super) const NFT_MSG_GETCHAIN: u16 = 4;
pub(super) const NFT_MSG_NEWRULE: u16 = 6;
pub(super) const NFT_MSG_GETRULE: u16 = 7;
pub(super) const NFT_MSG_NEWSET: u16 = 9;
pub(super) const NFT_MSG_GETSET: u16 = 10;
pub(super) const NFT_MSG_NEWSETELEM: u16 = 12;
pub(super) const NFT_MSG_GETSETELEM: u16 = 13;

// Attributes of a hook (`enum nft_hook_attributes`).
pub(super) const NFTA_HOOK_HOOKNUM: u16 = 1;
pub(super) const NFTA_HOOK_PRIORITY: u16 = 2;
pub(super) const NFTA_HOOK_DEV: u16 = 3;
pub(super) const NFTA_HOOK_DEVS: u16 = 4;

// Attributes and flags of a table (`enum nft_table_attributes`, `enum nft_table_flags`).
pub(super) const NFTA_TABLE_NAME: u16 = 1;
pub(super) const NFTA_TABLE_FLAGS: u16 = 2;
pub(super) const NFTA_TABLE_HANDLE: u16 = 4;
pub(super) const NFT_TABLE_F_DORMANT: u64 = 1;

// Attributes of a chain (`enum nft_chain_attributes`).
pub(super) const NFTA_CHAIN_HANDLE: u16 = 2;
pub(super) const NFTA_CHAIN_NAME: u16 = 3;
pub(super) const NFTA_CHAIN_HOOK: u16 = 4;
pub(super) const NFTA_CHAIN_POLICY: u16 = 5;
pub(super) const NFTA_CHAIN_TYPE: u16 = 7;

// Attributes of a rule (`enum nft_rule_attributes`).
pub(super) const NFTA_RULE_CHAIN: u16 = 2;
pub(super) const NFTA_RULE_HANDLE: u16 = 3;
pub(super) const NFTA_RULE_EXPRESSIONS: u16 = 4;
pub(super) const NFTA_RULE_USERDATA: u16 = 7;

// Attributes and flags of a set (`enum nft_set_attributes`, `enum nft_set_flags`).
pub(super) const NFTA_SET_NAME: u16 = 2;
pub(super) const NFTA_SET_FLAGS: u16 = 3;
pub(super) const NFTA_SET_KEY_TYPE: u16 = 4;
pub(super) const NFTA_SET_HANDLE: u16 = 16;
pub(super) const NFT_SET_INTERVAL: u64 = 4;

// Attributes of the elements of a set (`enum nft_set_elem_list_attributes`).
pub(super) const NFTA_SET_ELEM_LIST_TABLE: u16 = 1;
pub(super) const NFTA_SET_ELEM_LIST_SET: u16 = 2;
pub(super) const NFTA_SET_ELEM_LIST_ELEMENTS: u16 = 3;

// Attributes and flags of an element (`enum nft_set_elem_attributes`, `enum nft_set_elem_flags`).
pub(super) const NFTA_SET_ELEM_KEY: u16 = 1;
pub(super) const NFTA_SET_ELEM_DATA: u16 = 2;
pub(super) const NFTA_SET_ELEM_FLAGS: u16 = 3;
pub(super) const NFTA_SET_ELEM_KEY_END: u16 = 10;
pub(super) const NFT_SET_ELEM_INTERVAL_END: u64 = 1;
pub(super) const NFT_SET_ELEM_CATCHALL: u64 = 2;

// Attributes of data and of a verdict (`enum nft_data_attributes`, `enum nft_verdict_attributes`).
pub(super) const NFTA_DATA_VALUE: u16 = 1;
pub(super) const NFTA_DATA_VERDICT: u16 = 2;
pub(super) const NFTA_VERDICT_CODE: u16 = 1;
pub(super) const NFTA_VERDICT_CHAIN: u16 = 2;

// Registers (`enum nft_registers`).
pub(super) const NFT_REG_VERDICT: u64 = 0;
pub(super) const NFT_REG_1: u64 = 1;
pub(super) const NFT_REG_4: u64 = 4;
pub(super) const NFT_REG32_00: u64 = 8;

// Attributes of an expression (`enum nft_expr_attributes`).
pub(super) const NFTA_EXPR_NAME: u16 = 1;
pub(super) const NFTA_EXPR_DATA: u16 = 2;

// `immediate` (`enum nft_immediate_attributes`).
pub(super) const NFTA_IMMEDIATE_DREG: u16 = 1;
pub(super) const NFTA_IMMEDIATE_DATA: u16 = 2;

// `bitwise` (`enum nft_bitwise_attributes`, `enum nft_bitwise_ops`).
pub(super) const NFTA_BITWISE_SREG: u16 = 1;
pub(super) const NFTA_BITWISE_DREG: u16 = 2;
pub(super) const NFTA_BITWISE_MASK: u16 = 4;
pub(super) const NFTA_BITWISE_XOR: u16 = 5;
pub(super) const NFTA_BITWISE_OP: u16 = 6;
pub(super) const NFT_BITWISE_MASK_XOR: u64 = 0;

// `byteorder` (`enum nft_byteorder_attributes`).
pub(super) const NFTA_BYTEORDER_SREG: u16 = 1;
pub(super) const NFTA_BYTEORDER_DREG: u16 = 2;

// `cmp` (`enum nft_cmp_attributes`, `enum nft_cmp_ops`).
pub(super) const NFTA_CMP_SREG: u16 = 1;
pub(super) const NFTA_CMP_OP: u16 = 2;
pub(super) const NFTA_CMP_DATA: u16 = 3;
pub(super) const NFT_CMP_EQ: u64 = 0;
pub(super) const NFT_CMP_NEQ: u64 = 1;
pub(super) const NFT_CMP_LT: u64 = 2;
pub(super) const NFT_CMP_LTE: u64 = 3;
pub(super) const NFT_CMP_GT: u64 = 4;
pub(super) const NFT_CMP_GTE: u64 = 5;

// `range` (`enum nft_range_attributes`, `enum nft_range_ops`).
pub(super) const NFTA_RANGE_SREG: u16 = 1;
pub(super) const NFTA_RANGE_OP: u16 = 2;
pub(super) const NFTA_RANGE_FROM_DATA: u16 = 3;
pub(super) const NFTA_RANGE_TO_DATA: u16 = 4;
pub(super) const NFT_RANGE_EQ: u64 = 0;

// `lookup` (`enum nft_lookup_attributes`, `enum nft_lookup_flags`).
pub(super) const NFTA_LOOKUP_SET: u16 = 1;
pub(super) const NFTA_LOOKUP_SREG: u16 = 2;
pub(super) const NFTA_LOOKUP_DREG: u16 = 3;
pub(super) const NFTA_LOOKUP_FLAGS: u16 = 5;
pub(super) const NFT_LOOKUP_F_INV: u64 = 1;

// `dynset` (`enum nft_dynset_attributes`, `enum nft_dynset_ops`).
pub(super) const NFTA_DYNSET_SET_NAME: u16 = 1;
pub(super) const NFTA_DYNSET_OP: u16 = 3;
pub(super) const NFTA_DYNSET_SREG_KEY: u16 = 4;
pub(super) const NFTA_DYNSET_SREG_DATA: u16 = 5;
pub(super) const NFTA_DYNSET_TIMEOUT: u16 = 6;
pub(super) const NFTA_DYNSET_EXPR: u16 = 7;
pub(super) const NFTA_DYNSET_EXPRESSIONS: u16 = 10;
pub(super) const NFT_DYNSET_OP_ADD: u64 = 0;
pub(super) const NFT_DYNSET_OP_UPDATE: u64 = 1;
pub(super) const NFT_DYNSET_OP_DELETE: u64 = 2;

// `payload` (`enum nft_payload_attributes`, `enum nft_payload_bases`).
pub(super) const NFTA_PAYLOAD_DREG: u16 = 1;
pub(super) const NFTA_PAYLOAD_BASE: u16 = 2;
pub(super) const NFTA_PAYLOAD_OFFSET: u16 = 3;
pub(super) const NFTA_PAYLOAD_LEN: u16 = 4;
pub(super) const NFTA_PAYLOAD_SREG: u16 = 5;
pub(super) const NFT_PAYLOAD_LL_HEADER: u64 = 0;
pub(super) const NFT_PAYLOAD_NETWORK_HEADER: u64 = 1;
pub(super) const NFT_PAYLOAD_TRANSPORT_HEADER: u64 = 2;
pub(super) const NFT_PAYLOAD_INNER_HEADER: u64 = 3;

// `meta` (`enum nft_meta_attributes`, `enum nft_meta_keys`).
pub(super) const NFTA_META_DREG: u16 = 1;
pub(super) const NFTA_META_KEY: u16 = 2;
pub(super) const NFTA_META_SREG: u16 = 3;
pub(super) const NFT_META_PROTOCOL: u64 = 1;
pub(super) const NFT_META_MARK: u64 = 3;
pub(super) const NFT_META_IIF: u64 = 4;
pub(super) const NFT_META_OIF: u64 = 5;
pub(super) const NFT_META_IIFNAME: u64 = 6;
pub(super) const NFT_META_OIFNAME: u64 = 7;
pub(super) const NFT_META_SKUID: u64 = 10;
pub(super) const NFT_META_SKGID: u64 = 11;
pub(super) const NFT_META_NFTRACE: u64 = 12;
pub(super) const NFT_META_NFPROTO: u64 = 15;
pub(super) const NFT_META_L4PROTO: u64 = 16;
pub(super) const NFT_META_BRI_IIFNAME: u64 = 17;
pub(super) const NFT_META_BRI_OIFNAME: u64 = 18;
pub(super) const NFT_META_PKTTYPE: u64 = 19;

// `ct` (`enum nft_ct_attributes`, `enum nft_ct_keys`).
pub(super) const NFTA_CT_DREG: u16 = 1;
pub(super) const NFTA_CT_KEY: u16 = 2;
pub(super) const NFTA_CT_DIRECTION: u16 = 3;
pub(super) const NFTA_CT_SREG: u16 = 4;
pub(super) const NFT_CT_STATE: u64 = 0;
pub(super) const NFT_CT_DIRECTION: u64 = 1;
pub(super) const NFT_CT_STATUS: u64 = 2;
pub(super) const NFT_CT_MARK: u64 = 3;
pub(super) const NFT_CT_SRC: u64 = 8;
pub(super) const NFT_CT_DST: u64 = 9;
pub(super) const NFT_CT_PROTOCOL: u64 = 10;
pub(super) const NFT_CT_PROTO_SRC: u64 = 11;
pub(super) const NFT_CT_PROTO_DST: u64 = 12;
pub(super) const NFT_CT_SRC_IP: u64 = 19;
pub(super) const NFT_CT_DST_IP: u64 = 20;
pub(super) const NFT_CT_SRC_IP6: u64 = 21;
pub(super) const NFT_CT_DST_IP6: u64 = 22;

// `limit` (`enum nft_limit_attributes`, `enum nft_limit_type`, `enum nft_limit_flags`).
pub(super) const NFTA_LIMIT_RATE: u16 = 1;
pub(super) const NFTA_LIMIT_UNIT: u16 = 2;
pub(super) const NFTA_LIMIT_BURST: u16 = 3;
pub(super) const NFTA_LIMIT_TYPE: u16 = 4;
pub(super) const NFTA_LIMIT_FLAGS: u16 = 5;
pub(super) const NFT_LIMIT_PKTS: u64 = 0;
pub(super) const NFT_LIMIT_F_INV: u64 = 1;

// `counter` (`enum nft_counter_attributes`).
pub(super) const NFTA_COUNTER_BYTES: u16 = 1;
pub(super) const NFTA_COUNTER_PACKETS: u16 = 2;

// `log` (`enum nft_log_attributes`).
pub(super) const NFTA_LOG_GROUP: u16 = 1;
pub(super) const NFTA_LOG_PREFIX: u16 = 2;
pub(super) const NFTA_LOG_LEVEL: u16 = 5;

// `queue` (`enum nft_queue_attributes`).
pub(super) const NFTA_QUEUE_NUM: u16 = 1;

// `quota` (`enum nft_quota_attributes`, `enum nft_quota_flags`).
pub(super) const NFTA_QUOTA_BYTES: u16 = 1;
pub(super) const NFTA_QUOTA_FLAGS: u16 = 2;
pub(super) const NFTA_QUOTA_CONSUMED: u16 = 4;
pub(super) const NFT_QUOTA_F_INV: u64 = 1;

// `reject` (`enum nft_reject_attributes`, `enum nft_reject_types`).
pub(super) const NFTA_REJECT_TYPE: u16 = 1;
pub(super) const NFTA_REJECT_ICMP_CODE: u16 = 2;
pub(super) const NFT_REJECT_ICMP_UNREACH: u64 = 0;
pub(super) const NFT_REJECT_TCP_RST: u64 = 1;

// `nat`, `masq` and `redir` (`enum nft_nat_attributes`, `enum nft_nat_types`, `enum nft_masq_attributes`,
// `enum nft_redir_attributes`).
pub(super) const NFTA_NAT_TYPE: u16 = 1;
pub(super) const NFTA_NAT_REG_ADDR_MIN: u16 = 3;
pub(super) const NFTA_NAT_REG_ADDR_MAX: u16 = 4;
pub(super) const NFTA_NAT_REG_PROTO_MIN: u16 = 5;
pub(super) const NFTA_NAT_REG_PROTO_MAX: u16 = 6;
pub(super) const NFTA_MASQ_REG_PROTO_MIN: u16 = 2;
pub(super) const NFTA_MASQ_REG_PROTO_MAX: u16 = 3;
pub(super) const NFTA_REDIR_REG_PROTO_MIN: u16 = 1;
pub(super) const NFTA_REDIR_REG_PROTO_MAX: u16 = 2;
pub(super) const NFT_NAT_SNAT: u64 = 0;

// `fib` (`enum nft_fib_attributes`, `enum nft_fib_result`, `enum nft_fib_flags`).
pub(super) const NFTA_FIB_DREG: u16 = 1;
pub(super) const NFTA_FIB_RESULT: u16 = 2;
pub(super) const NFTA_FIB_FLAGS: u16 = 3;
pub(super) const NFT_FIB_RESULT_OIF: u64 = 1;
pub(super) const NFT_FIB_RESULT_OIFNAME: u64 = 2;
pub(super) const NFT_FIB_RESULT_ADDRTYPE: u64 = 3;
pub(super) const NFTA_FIB_F_SADDR: u64 = 1;
pub(super) const NFTA_FIB_F_DADDR: u64 = 2;
pub(super) const NFTA_FIB_F_MARK: u64 = 4;
pub(super) const NFTA_FIB_F_IIF: u64 = 8;
pub(super) const NFTA_FIB_F_OIF: u64 = 16;

// `objref` (`enum nft_objref_attributes`), and the kinds of objects.
pub(super) const NFTA_OBJREF_IMM_TYPE: u16 = 1;
pub(super) const NFTA_OBJREF_IMM_NAME: u16 = 2;
pub(super) const NFTA_OBJREF_SET_SREG: u16 = 3;
pub(super) const NFTA_OBJREF_SET_NAME: u16 = 4;
pub(super) const NFT_OBJECT_COUNTER: u64 = 1;
pub(super) const NFT_OBJECT_QUOTA: u64 = 2;
pub(super) const NFT_OBJECT_LIMIT: u64 = 4;

// `match` and `target`, which `iptables-nft` puts into rules (linux/netfilter/nf_tables_compat.h).
pub(super) const NFTA_MATCH_NAME: u16 = 1;
pub(super) const NFTA_MATCH_INFO: u16 = 3;
pub(super) const NFTA_TARGET_NAME: u16 = 1;
pub(super) const NFTA_TARGET_INFO: u16 = 3;

// Other expressions that load a register (`exthdr`, `rt`, `socket`, `osf`, `hash`, `numgen`, `xfrm`).
pub(super) const NFTA_EXTHDR_DREG: u16 = 1;
pub(super) const NFTA_RT_DREG: u16 = 1;
pub(super) const NFTA_SOCKET_DREG: u16 = 2;
pub(super) const NFTA_OSF_DREG: u16 = 1;
pub(super) const NFTA_HASH_DREG: u16 = 2;
pub(super) const NFTA_NG_DREG: u16 = 1;
pub(super) const NFTA_XFRM_DREG: u16 = 1;
