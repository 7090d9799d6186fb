// Every limit and default in one place, with the reason for its size. Milliseconds and bytes.

/** Version of the wire protocols; part of every protocol id and of the gossip topic. */
export const PROTOCOL_VERSION = '1.0.0'

export const DEFAULT_CLUSTER = 'default'

/** How long a peer may stay silent with a request open. */
export const DEFAULT_RPC_TIMEOUT = 10_000
/** Opening a connection and a stream; libp2p's own default is 10 s, too long for a get to wait. */
export const CONNECT_TIMEOUT = 5_000
/** After a failed connect a peer is not tried again for this long, so that a burst of gets makes one attempt. */
export const CONNECT_PAUSE = 100

/** Main + hot cache of a group, keys and bookkeeping counted. */
export const DEFAULT_MAX_BYTES = 64 * 1024 * 1024
/** Of hot caches, unless told otherwise. */
export const DEFAULT_HOT_MAX_ITEMS = 10_000
export const DEFAULT_HOT_TTL = 30_000
/**
 * Members that are asked for a value, one after the other, before it is loaded by who wants it: the owner, its successor, and where
 * the host of a successor says that the process is gone, the next. As many as are likely to die at once.
 */
export const MAX_ASKED = 4
/** How long a member keeps a value that it loaded because the owner could not be asked. The ring has forgotten a dead owner by then. */
export const STAND_IN_TTL = 5_000
/** A loader that has not settled by then has failed: without a bound it would block its key for ever. */
export const DEFAULT_LOAD_TIMEOUT = 30_000
/** How long a goodbye may hold up a stop. */
export const LEAVE_TIMEOUT = 1_000
/** The largest encoded value. */
export const MAX_VALUE_BYTES = 64 * 1024 * 1024
/** Loads of one group that run at a time, and how many more may wait for their turn. */
export const DEFAULT_MAX_CONCURRENT_LOADS = 1_000
export const MAX_QUEUED_LOADS = 16_384
/** A load waits for its turn for no longer, and is refused at once where it would have to: as long as it may take by default, once it runs. */
export const MAX_LOAD_WAIT = DEFAULT_LOAD_TIMEOUT
/** More loads come than can be done when the queue grows for twice as long, or turns some away for as long; see overload-watch.ts. */
export const OVERLOAD_PATIENCE = 1_000
/** Then only those are let in that will have their turn within this time. */
export const OVERLOADED_WAIT = 500
/**
 * Calls of one group at one node that wait for a value, the keys of batches each for itself; one more is refused with OverloadedError.
 * A call that waits takes up to 1 KiB, so that they take 64 MiB; it is as many as may wait for four other members.
 */
export const MAX_WAITING_GETS = 65_536
/** Keys that expire together are loaded together; each lives up to this part shorter than its ttl. */
export const TTL_JITTER = 0.1
/** Failed loads that a group remembers. */
export const MAX_REMEMBERED_FAILURES = 4_096
/** Tags of one value. They travel with an 8-bit count, and each with an 8-bit length. */
export const MAX_TAGS = 64
export const MAX_TAG_BYTES = 255

/**
 * How long a copy may be served after the last contact with its owner, and so how long a removal waits
 * for a member that is silent. Shorter makes removals beside a frozen member quicker, and copies die of
 * shorter silences. The same for all members: part of the protocol.
 */
export const LEASE = 5_000
/**
 * A member whose event loop stood still for longer asks the others what it missed before it answers
 * from memory. Less than it takes the others to give a frozen member up and put a new owner in its place.
 */
export const MAX_STANDSTILL = 2_000
/** A removal, or a catch-up, that has not come to an end by then never does. */
export const INVALIDATION_TIMEOUT = 30_000
/** A member that is asked what was missed has to answer within this time. */
export const CATCH_UP_TIMEOUT = 3_000
/** One that was frozen is a member again by then to those that had given it up. */
export const REJOIN_TIME = 30_000
/** Keys and tags in the log of removals; who missed more drops what it holds. */
export const MAX_LOGGED_REMOVALS = 16_384
/** And the most that their names may take: that many of a kilobyte. Without it, the longest keys would make it a gigabyte. */
export const MAX_LOGGED_BYTES = 16 * 1024 * 1024
/** What was removed longer ago is forgotten, so that a node does not fill that memory in the course of hours. Who was away for longer drops what it holds. */
export const REMOVALS_KEPT_FOR = 10 * 60_000
/** Keys, tags and groups of which a member remembers when they were last removed, by 32 bytes each. What was removed before counts as removed when a value is handed over. */
export const MAX_RECENT_REMOVALS = 65_536
/** Removals that a member remembers having worked on, so that it does not do so again. */
export const MAX_TICKETS = 262_144
/** Keys in one frame: of a GET, or of a removal. */
export const MAX_BATCH_KEYS = 4_096
/** UTF-16 code units of the keys of one removal that names several, and bytes of its frame: three for each of these, and a little. A frame is worked on in one go. */
export const MAX_BATCH_UNITS = 1024 * 1024
export const MAX_REMOVAL_BYTES = 4 * MAX_BATCH_UNITS
/** Keys travel with a 16-bit length. */
export const MAX_KEY_BYTES = 65_535
/** Group names travel with an 8-bit length. */
export const MAX_NAME_BYTES = 255

/** Requests that may wait for one peer; one more is refused with OverloadedError. */
export const MAX_PENDING_REQUESTS = 16_384
/** Requests of one peer that this node works on at once; one more is refused. An honest peer stops there by itself. */
export const MAX_SERVED_REQUESTS = MAX_PENDING_REQUESTS
/** Bytes waiting to be written to one peer. Past it a requester refuses and a responder stops reading. */
export const MAX_OUTBOX_BYTES = 64 * 1024 * 1024
/** Bytes of large values that wait to be sent to one peer, part by part; one more value is refused with OverloadedError. */
export const MAX_LONG_BYTES = 256 * 1024 * 1024
/** Bytes of large values that wait to be sent to all peers together, and of those that arrive and are put together from their parts: eight of the largest each. */
export const MAX_ALL_LONG_BYTES = 512 * 1024 * 1024
export const MAX_ALL_INCOMING_BYTES = 512 * 1024 * 1024
/** A large value of which fewer bytes a second came, for so many milliseconds, makes way when there is no room for another one. */
export const SLOWEST_ARRIVAL = 1024 * 1024
export const ARRIVAL_PATIENCE = 10_000
/**
 * Bytes of the requests of one peer that this node works on at once: long keys, and values to be stored. One request is
 * always taken.
 */
export const MAX_SERVED_BYTES = 64 * 1024 * 1024
/** Streams for requests of one peer, over all its connections. It needs one; others are there while an old one is being closed. */
export const MAX_PEER_STREAMS = 4
/** Connections of one peer. Two that dial each other at once have two for a moment; some may be dead, and not known to be. */
export const MAX_PEER_CONNECTIONS = 8
/** A peer that has read nothing of what waits for it for so long is not waited for. */
export const MAX_UNREAD_TIME = 10_000
/** And so long before that, nothing more is read of what it asks: what is loaded for it would wait, too. */
export const UNREAD_PATIENCE = 500
/** Bytes that wait to be written to one connection, below its streams: what libp2p says by itself, to one that does not read. */
export const MAX_CONNECTION_BYTES = 64 * 1024 * 1024
/**
 * What may be under way on a stream, and so the longest frame of the multiplexer. Large values fill it, and what is short waits behind
 * them for as long as a peer that is busy takes for so much; with 16 MiB that was longer than a lease. At 20 ms from one host to
 * another it is still 100 MB a second. libp2p ends a stream of which more is unread, so the two are the same.
 */
export const STREAM_BYTES = 2 * 1024 * 1024
/** Bytes on a stream before it is known what it is for. */
export const MAX_NEGOTIATION_BYTES = 64 * 1024
/** Bytes that are taken of somebody who has not proved who it is. A handshake takes less than one kilobyte; what is sent right behind it may count. */
export const MAX_HANDSHAKE_BYTES = 16 * 1024
/** Handshakes that are under way at a time. Cluster members come from one or few hosts, all at once after a deploy; libp2p's own limit is 10. */
export const MAX_PENDING_CONNECTIONS = 1_000
/** Handshakes of one host that are under way at a time, of MAX_PENDING_CONNECTIONS in all. */
export const MAX_PENDING_PER_HOST = 250
/**
 * Connections of one host that came to nothing, or ended so many milliseconds after they began: so many at once, and so many more in
 * each second after that. Those beyond are ended before the handshake, which is what costs. Members that share a host
 * with somebody who goes on and on wait their turn with it; the connections that they have stay.
 */
export const FLEETING_BURST = 128
export const FLEETING_PER_SECOND = 4
export const FLEETING_TIME = 2_000
/** Hosts that are remembered for that. */
export const MAX_FLEETING_HOSTS = 1_000
/** Streams of one peer at a time on which it swaps tables, and makes offers. */
export const MAX_TABLE_STREAMS = 4
export const MAX_OFFER_STREAMS = 4
/** Bytes of offers that have come and are not looked at yet; then the stream is not read. */
export const MAX_WAITING_OFFER_BYTES = 1024 * 1024

/** So many offences within OFFENCE_WINDOW cost a peer no more than the stream that they were made on. One more, and it is refused. */
export const MAX_FORGIVEN_OFFENCES = 2
export const OFFENCE_WINDOW = 60_000
/** How long it is refused: the n-th time for min(MAX_REFUSAL, MIN_REFUSAL · 2ⁿ⁻¹). */
export const MIN_REFUSAL = 5_000
export const MAX_REFUSAL = 5 * 60_000
/** A peer that has behaved for so long after it was let in again has a clean record. */
export const OFFENCES_KEPT_FOR = 10 * 60_000
/** Peers whose offences are remembered. */
export const MAX_OFFENDERS = 1_000

/** A trace context that travels with a request. */
export const MAX_TRACE_BYTES = 1_024
/** Error texts on the wire. */
export const MAX_MESSAGE_BYTES = 1_024

export const MAX_PORT = 65_535
/** Characters of a DNS name, the dot at its end included. */
export const MAX_HOSTNAME = 254
/** Addresses of one list that discovery looks at. A bounded part of a larger cluster is enough to learn of the rest. */
export const MAX_LISTED_ADDRESSES = 1_000
/** Addresses of lists that a node dials at a time; libp2p dials 50, and gets need some of them. */
export const MAX_LIST_DIALS = 16
/** How long a discovery source may hold up the start, and the stop, of its node. */
export const SOURCE_TIMEOUT = 1_000
/** A registry that has not answered by then is asked anew. */
export const LIST_TIMEOUT = 30_000
/** Catches an empty environment variable and the shortest words. What makes a secret strong is that nobody can guess it, not its length. */
export const MIN_SECRET_BYTES = 8
/** Two are enough for a rotation; each costs a stretching at the start. */
export const MAX_SECRETS = 4
/** Refused connections of one address are in the log once in this time. */
export const REFUSAL_LOG_INTERVAL = 60_000
/** Addresses that are in the log for refused connections at a time; more are refused without a word. */
export const MAX_LOGGED_REFUSALS = 1_000

/** Members that a node keeps track of, dead ones included. */
export const MAX_MEMBERS = 5_000
/** Addresses kept for a member. */
export const MAX_ADDRESSES = 16
/** One gossip message or one record of a table, encoded. */
export const MAX_RECORD_BYTES = 8_192
/** A dead or gone member is remembered for this long, so that late news does not bring it back. */
export const TOMBSTONE_TTL = 10 * 60_000

/** For so long after a change of the ring values are kept for their new owners, who ask for them before they ask the origin. */
export const TAKE_OVER_WINDOW = 60_000
/** Former owners have to answer within this time, or the origin is asked. */
export const TAKE_OVER_TIMEOUT = 1_000
/** Earlier rings that are remembered for that. */
export const MAX_PAST_RINGS = 16
/** How long the ring has to be quiet before values are handed over without being asked for. */
export const HAND_OVER_DELAY = 500
/** How long handing over may hold up a stop. */
export const DEFAULT_HAND_OVER_TIMEOUT = 5_000
/** How much is handed over at a stop, keys and bookkeeping counted. */
export const DEFAULT_HAND_OVER_BYTES = 1024 * 1024 * 1024
/** Keys in one offer, and bytes of it: a key is no longer than 64 KiB, and no more is added to one that has so much. */
export const MAX_OFFER_KEYS = 256
export const MAX_OFFER_MESSAGE_BYTES = 512 * 1024
