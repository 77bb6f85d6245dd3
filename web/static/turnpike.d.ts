// Made of the JSDoc in turnpike.js and lib/ by `npm run types`.

/**
 * A call by name. `state` is `calling`, `ringing`, `accepted` or `ended`; `reason` is then one of those of the
 * protocol, or `failed` if the call could not even be placed.
 *
 * Events: `state`, `member` (the Member at the other end), `left`.
 *
 * @extends {Emitter<GatheringEvents>}
 */
export declare class Call extends Emitter<GatheringEvents> {
    /**
     * @param {object} options
     * @param {string} options.id
     * @param {string} options.name whom we call, or who calls
     * @param {boolean} options.incoming
     * @param {any} [options.media] what the caller said of the media it has
     * @param {(type: string, fields?: object) => boolean} options.send a frame about this call
     * @param {(call: Call, reason: string) => void} options.end
     */
    constructor({ id, name, incoming, media, send, end }: {
        id: string;
        name: string;
        incoming: boolean;
        media?: any;
        send: (type: string, fields?: object) => boolean;
        end: (call: Call, reason: string) => void;
    });
    /** @type {"calling" | "ringing" | "accepted" | "ended"} */
    state: "calling" | "ringing" | "accepted" | "ended";
    reason: string;
    /** @type {Set<Member>} empty, or the one at the other end */
    members: Set<Member>;
    id: string;
    name: string;
    incoming: boolean;
    media: any;
    /** Takes an incoming call. The state changes when the server agrees that we were first. */
    accept(): void;
    /** @param {"declined" | "busy"} [reason] */
    decline(reason?: "declined" | "busy"): void;
    /** Ends the call, whatever it has come to. */
    hangup(): void;
    /** The same verb as that of a room. */
    leave(): void;
    /**
     * @param {string} text
     * @returns {number}
     */
    say(text: string): number;
    /**
     * @param {"calling" | "ringing" | "accepted" | "ended"} state
     * @param {string} [reason]
     */
    become(state: "calling" | "ringing" | "accepted" | "ended", reason?: string): void;
    #private;
}

/**
 * A client of the daemon. See turnpike.js for how it is used.
 *
 * Events: `up` (the connection to the server is there, or is back), `down` ({wait}: it is gone; the next try is in so
 * many milliseconds), `refused` (a SignalError: it will not be tried again), `move` ({to, after}: go to another server
 * soon), `ring` (a Call that comes in), `error`.
 *
 * @extends {Emitter<ClientEvents>}
 */
export declare class Client extends Emitter<ClientEvents> {
    /**
     * @param {object} [options]
     * @param {string} [options.url] of the signaling endpoint; the daemon that served this file if left out
     * @param {string} [options.name] how others can call us
     * @param {string} [options.token] a JWT that says who we are, where the server asks for one; see `renew`
     * @param {string} [options.invite] an invitation into a room, in place of a token
     * @param {Store | null} [options.storage] keeps the key that proves the name; null: nowhere
     * @param {typeof WebSocket} [options.WebSocket]
     * @param {typeof RTCPeerConnection} [options.RTCPeerConnection]
     * @param {Timers} [options.timers]
     * @param {() => number} [options.random]
     * @param {typeof globalThis.fetch} [options.fetch]
     */
    constructor(options?: {
        url?: string | undefined;
        name?: string | undefined;
        token?: string | undefined;
        invite?: string | undefined;
        storage?: Store | null | undefined;
        WebSocket?: {
            new (url: string | URL, protocols?: string | string[]): WebSocket;
            prototype: WebSocket;
            readonly CONNECTING: 0;
            readonly OPEN: 1;
            readonly CLOSING: 2;
            readonly CLOSED: 3;
        } | undefined;
        RTCPeerConnection?: {
            new (configuration?: RTCConfiguration): RTCPeerConnection;
            prototype: RTCPeerConnection;
            generateCertificate(keygenAlgorithm: AlgorithmIdentifier): Promise<RTCCertificate>;
        } | undefined;
        timers?: Timers | undefined;
        random?: (() => number) | undefined;
        fetch?: typeof fetch | undefined;
    });
    /** What we send to everybody. */
    media: Media;
    /** @type {ICE} */
    ice: ICE;
    /** Our session, empty before the first welcome. */
    session: string;
    /** `closed`, `connecting`, `up` or `waiting` for the next try. */
    get state(): "waiting" | "closed" | "connecting" | "up";
    get name(): string;
    /** The rooms and calls we are in. @returns {(Room | Call)[]} */
    get gatherings(): (Room | Call)[];
    get relayOnly(): boolean;
    /**
     * Takes a fresh token of the same person, before the one we came with expires and ends the session.
     * @param {string} token
     * @returns {Promise<void>} rejects with a SignalError if the server does not take it
     */
    renew(token: string): Promise<void>;
    /** Connects to the server; also: tries again now. */
    open(): void;
    /**
     * Changes our name; the server is told by a new connection.
     * @param {string} name
     */
    rename(name: string): void;
    /** The network is known to have changed: the old connection to the server may be dead without saying so. */
    reconnect(): void;
    /**
     * Sends everything through the relay, so that the others do not learn our addresses. Running connections move.
     * @param {boolean} on
     */
    setRelayOnly(on: boolean): void;
    /**
     * Joins a room; waits for the connection to the server. Those already there are in `members` of the result.
     * @param {string} name
     * @param {JoinRules} [rules]
     * @returns {Promise<Room>} rejects with a SignalError
     */
    join(name: string, rules?: JoinRules): Promise<Room>;
    /**
     * Calls somebody by name.
     * @param {string} name
     * @param {object} [media] shown to the one who is called
     * @returns {Promise<Call>} rejects with a SignalError
     */
    call(name: string, media?: object): Promise<Call>;
    /** Leaves everything and disconnects. The media tracks are left alone. */
    close(): void;
    #private;
}

/**
 * A small event emitter: listeners get one detail object, and a listener that throws disturbs nobody.
 * @template {object} [Events=Record<string, any>] what each type of event is told with
 */
export declare class Emitter<Events extends object = Record<string, any>> {
    /**
     * Calls listener at each event of that type.
     * @template {keyof Events & string} Type
     * @param {Type} type
     * @param {(detail: Events[Type]) => void} listener
     * @returns {() => void} takes the listener off again
     */
    on<Type extends keyof Events & string>(type: Type, listener: (detail: Events[Type]) => void): () => void;
    /**
     * Calls listener at the next event of that type, once.
     * @template {keyof Events & string} Type
     * @param {Type} type
     * @param {(detail: Events[Type]) => void} listener
     * @returns {() => void}
     */
    once<Type extends keyof Events & string>(type: Type, listener: (detail: Events[Type]) => void): () => void;
    /**
     * @param {string} type
     * @param {any} [detail]
     */
    emit(type: string, detail?: any): void;
    #private;
}

/**
 * What this side sends: at most one microphone track and one picture, and whether each is muted. It outlives every
 * connection and every device: a new microphone is as muted as the old one was.
 *
 * Events: `track` ({kind, track}: another track, or null), `change` (what members are shown changed).
 *
 * @extends {Emitter<MediaEvents>}
 */
export declare class Media extends Emitter<MediaEvents> {
    constructor();
    /**
     * Which ways media may go, as in an RTCRtpTransceiver: one who only watches is `recvonly`, one who only shows is
     * `sendonly` and gets no track of anybody. It counts for connections that are made from now on.
     * @type {"sendrecv" | "sendonly" | "recvonly"}
     */
    direction: "sendrecv" | "sendonly" | "recvonly";
    /**
     * @param {Kind} kind
     * @returns {MediaStreamTrack | null}
     */
    track(kind: Kind): MediaStreamTrack | null;
    /** @param {Kind} kind */
    muted(kind: Kind): boolean;
    /** Whether the picture is a screen. */
    get screen(): boolean;
    /**
     * Sends this track from now on, in every connection, and stops the one before. The track is owned by Media from
     * here on.
     * @param {string} kind `audio` or `video`, as the `kind` of a track
     * @param {MediaStreamTrack | null} track null: nothing is sent
     * @param {{screen?: boolean}} [options]
     */
    set(kind: string, track: MediaStreamTrack | null, { screen }?: {
        screen?: boolean;
    }): void;
    /**
     * Mutes or unmutes without giving up the device.
     * @param {Kind} kind
     * @param {boolean} muted
     */
    mute(kind: Kind, muted: boolean): void;
    /**
     * What members are shown.
     * @returns {MemberState}
     */
    state(): MemberState;
    /** Stops every track: the camera's light goes out. */
    stop(): void;
    #private;
}

/**
 * Somebody on the other side, in a room or in a call. A member outlives its session: when either side's signaling
 * comes back under a new session, the new connection is built while the old one still carries media, and takes over
 * when it is up.
 *
 * `connection` is `connecting`, `connected`, `reconnecting` or `gone`.
 *
 * Events: `connection`, `state` (what it shows of itself), `track` ({kind, track}), `text` ({text}), `datachannel`
 * ({channel}: an RTCDataChannel that it made), `away` (whether its connection to the server is lost), `renewed`
 * (another connection carries media now; data channels of the one before are closed), `session` (it has a new one),
 * `sample` (a new measurement is in meter), `gone`, `error`.
 *
 * @extends {Emitter<MemberEvents>}
 */
export declare class Member extends Emitter<MemberEvents> {
    /**
     * @param {object} options
     * @param {MemberInfo} options.info
     * @param {(about: Pick<Member, "session"> & {polite: boolean, offers: boolean, number: number}) => Peer} options.make
     * @param {() => MemberState} options.hello what we show of ourselves
     * @param {Timers} options.timers
     */
    constructor({ info, make, hello, timers }: {
        info: MemberInfo;
        make: (about: Pick<Member, "session"> & {
            polite: boolean;
            offers: boolean;
            number: number;
        }) => Peer;
        hello: () => MemberState;
        timers: Timers;
    });
    /** @type {"connecting" | "connected" | "reconnecting" | "gone"} */
    connection: "connecting" | "connected" | "reconnecting" | "gone";
    /** @type {{audio: MediaStreamTrack | null, video: MediaStreamTrack | null}} */
    tracks: {
        audio: MediaStreamTrack | null;
        video: MediaStreamTrack | null;
    };
    /** The same as one stream, for a video element: its tracks change by themselves. Null where there is no browser. */
    stream: MediaStream | null;
    /** True once the server no longer knows its session, while media still flows. */
    adrift: boolean;
    /** True while its own connection to the server is lost: it hears nothing new, and may be back. */
    away: boolean;
    /** True once it has said goodbye itself. */
    bye: boolean;
    /** When `connection` became what it is, by the clock of the timers. */
    since: number;
    session: string;
    name: string;
    /** @type {MemberState} */
    state: MemberState;
    /** Measurements of the last minute. */
    meter: Meter;
    /** The mark of its page, which stays when its session changes. */
    get device(): string;
    get connected(): boolean;
    /** The RTCPeerConnection that carries media now. */
    get pc(): RTCPeerConnection;
    /** @param {Frame} frame */
    receive(frame: Frame): void;
    /**
     * Sends a line of chat.
     * @param {string} text
     * @returns {boolean} whether it could be sent
     */
    say(text: string): boolean;
    /**
     * @param {object} message
     * @returns {boolean}
     */
    tell(message: object): boolean;
    /**
     * Makes a data channel of your own; the other side gets it with its event `datachannel`. It lasts as long as the
     * connection that carries it now: after `renewed`, make another.
     * @param {string} label
     * @param {RTCDataChannelInit} [options]
     * @returns {RTCDataChannel}
     */
    createDataChannel(label: string, options?: RTCDataChannelInit): RTCDataChannel;
    /** @param {MemberState} state */
    show(state: MemberState): void;
    /** Restarts ICE with the newest configuration. */
    restart(): void;
    /**
     * Builds a new connection beside the one that runs, and moves to it when it is up. After a change of the transport
     * policy a restart is not enough: browsers stay on the old path as long as it works.
     */
    renew(): void;
    /** Closes the connection of one who is away and not heard; without it relays would be held for nobody. */
    sleep(): void;
    /** It is back: builds a new connection if there is none. */
    wake(): void;
    /** It can be reached again, or we can. */
    heard(): void;
    /** Its session ended for the server; media goes on as long as it can. */
    drift(): void;
    /**
     * It is back under a new session, or we are.
     * @param {MemberInfo} info
     */
    rebind(info: MemberInfo): void;
    /** @param {boolean} [say] tells the other side over the data channel, for when signaling cannot */
    close(say?: boolean): void;
    #private;
}

/**
 * One RTCPeerConnection to one session, negotiated by the perfect negotiation pattern: who is polite is said by the
 * server. One side makes the first offer; the other makes one itself only if none comes.
 *
 * All operations on descriptions and candidates run one after another, so the signaling state seen at the start of
 * an operation holds until its end, and a collision of offers is simply an offer that finds the state not stable.
 *
 * Events: `connection` (an RTCPeerConnectionState), `track` ({kind, track}), `message` (an object from the other side),
 * `open` (messages can be sent), `datachannel` (an RTCDataChannel that the other side made), `hopeless` (restarts do not help), `error`, `candidate-error`.
 */
export declare class Peer extends Emitter<Record<string, any>> {
    /**
     * @param {object} options
     * @param {boolean} options.polite
     * @param {boolean} options.offers makes the first offer at once
     * @param {number} options.number tells the connections of one pair of sessions apart, first 0
     * @param {() => RTCConfiguration} options.configuration the newest ICE servers
     * @param {(frame: Frame) => boolean} options.send to the other session; false: not possible now
     * @param {() => boolean} [options.reachable] whether what is sent arrives soon
     * @param {Media} options.media
     * @param {typeof RTCPeerConnection} options.RTCPeerConnection
     * @param {Timers} options.timers
     */
    constructor({ polite, offers, number, configuration, send, reachable, media, RTCPeerConnection, timers }: {
        polite: boolean;
        offers: boolean;
        number: number;
        configuration: () => RTCConfiguration;
        send: (frame: Frame) => boolean;
        reachable?: (() => boolean) | undefined;
        media: Media;
        RTCPeerConnection: typeof globalThis.RTCPeerConnection;
        timers: Timers;
    });
    /** @type {RTCPeerConnectionState} */
    connection: RTCPeerConnectionState;
    /** What the other side sends. @type {Partial<Record<Kind, MediaStreamTrack>>} */
    tracks: Partial<Record<Kind, MediaStreamTrack>>;
    /** The connection itself, for statistics. @type {RTCPeerConnection} */
    pc: RTCPeerConnection;
    /** Whether media flows, as far as the browser knows. */
    get connected(): boolean;
    /**
     * A description or candidate frame of the other session.
     * @param {Frame} frame
     */
    receive(frame: Frame): void;
    /** Restarts ICE with the newest configuration. */
    restart(): void;
    /** The other side can be reached again. */
    heard(): void;
    /**
     * Sends an object to the other side over the data channel.
     * @param {object} message
     * @returns {boolean} whether the channel took it
     */
    tell(message: object): boolean;
    /** Takes the other side's session for lost: restarts cannot be agreed on any more. */
    abandon(): void;
    close(): void;
    #private;
}

/**
 * A name such as `quiet-amber-otter-` and 22 letters and digits: 19 bits of words and 110 of random text. The words
 * are for people, the rest for safety: 128 bits and more together.
 * @param {(bytes: Uint8Array<ArrayBuffer>) => Uint8Array} [fill]
 * @returns {string}
 */
export declare function roomName(fill?: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array): string;

/**
 * A room that was joined. It is joined again by itself after the connection to the server was lost.
 *
 * Events: `member` (a Member that is new here), `left` (a Member that is no longer), `change` (of its owner, or whether it
 * is locked), `closed` (an Error, or null after leave: the room is over for us).
 *
 * @extends {Emitter<GatheringEvents>}
 */
export declare class Room extends Emitter<GatheringEvents> {
    /**
     * @param {string} name
     * @param {JoinRules} rules
     * @param {object} actions
     * @param {(type: string, fields?: object) => void} actions.send a frame about this room
     * @param {(room: Room) => void} actions.leave
     */
    constructor(name: string, rules: JoinRules, { send, leave }: {
        send: (type: string, fields?: object) => void;
        leave: (room: Room) => void;
    });
    /** @type {Set<Member>} */
    members: Set<Member>;
    /** The session of the one who may lock the room and make others leave: that of a member, or of the client. */
    owner: string;
    /** Whether nobody else is let in. */
    locked: boolean;
    name: string;
    /** How it was joined, and is joined again. */
    rules: JoinRules;
    /** Leaves the room; its connections are closed. */
    leave(): void;
    /** Lets nobody else in. Only the owner may; everybody here is told by `change`. */
    lock(): void;
    /** Lets people in again. Only the owner may. */
    unlock(): void;
    /**
     * Makes a member leave, whose session is then not let in again. Only the owner may.
     * @param {Member} member
     */
    kick(member: Member): void;
    /**
     * Sends a line of chat to everybody here.
     * @param {string} text
     * @returns {number} how many it could be sent to
     */
    say(text: string): number;
    /**
     * What the server says of the room.
     * @param {{owner?: string, locked?: boolean}} rest
     */
    become({ owner, locked }: {
        owner?: string;
        locked?: boolean;
    }): void;
    #private;
}

/**
 * Every candidate of both sides; the pair in use is marked.
 * @param {RTCStatsReport | Map<string, any>} report
 * @returns {(End & {side: "local" | "remote", selected: boolean})[]}
 */
export declare function candidates(report: RTCStatsReport | Map<string, any>): (End & {
    side: "local" | "remote";
    selected: boolean;
})[];

/**
 * The selected pair, or null while there is none.
 * @param {RTCStatsReport | Map<string, any>} report
 * @returns {Path | null}
 */
export declare function path(report: RTCStatsReport | Map<string, any>): Path | null;

/** An error frame of the server, or the loss of the connection, as an Error. `code` is that of the protocol. */
export declare class SignalError extends Error {
    /**
     * @param {string} code
     * @param {string} message
     */
    constructor(code: string, message: string);
    code: string;
}

/**
 * The signaling connection: says hello, is welcomed, and comes back by itself when it breaks, also when it breaks
 * without a word while we are with somebody. The server keeps the session for a minute; what is said meanwhile, by
 * either side, arrives when the connection is back.
 *
 * Events: `up` (the welcome frame), `down` ({code, retry, wait}: lost; wait is the pause in milliseconds before the
 * next try), `refused` (a SignalError: the server wants no further try, or not under this name), `frame` (every
 * frame that answers no request).
 */
export declare class Socket extends Emitter<Record<string, any>> {
    /**
     * @param {object} options
     * @param {string} options.url
     * @param {() => Record<string, unknown>} options.hello the fields of the hello frame
     * @param {typeof WebSocket} options.WebSocket
     * @param {typeof globalThis.fetch} [options.fetch] for where WebSockets do not come through; left out: nothing else is tried
     * @param {Store | null} [options.memory] of the tab, for that
     * @param {Timers} options.timers
     * @param {() => number} [options.random]
     * @param {() => Promise<string>} [options.diagnose] why the server refused a connection that never opened, or ""
     * @param {() => boolean} [options.busy] we are with somebody, so that a dead connection has to be noticed
     */
    constructor({ url, hello, WebSocket, fetch, memory, timers, random, diagnose, busy }: {
        url: string;
        hello: () => Record<string, unknown>;
        WebSocket: typeof globalThis.WebSocket;
        fetch?: typeof globalThis.fetch | undefined;
        memory?: Store | null | undefined;
        timers: Timers;
        random?: (() => number) | undefined;
        diagnose?: (() => Promise<string>) | undefined;
        busy?: (() => boolean) | undefined;
    });
    /** @type {"closed" | "connecting" | "up" | "waiting"} */
    state: "closed" | "connecting" | "up" | "waiting";
    /** Opens the connection, or tries again now instead of after the pause. */
    open(): void;
    /** Drops the connection and carries on over a new one at once, as after a change of network. */
    reopen(): void;
    /** Drops the connection and the session, and begins a new one at once, as after a change of name. */
    restart(): void;
    /** Closes for good (until open is called). */
    close(): void;
    /**
     * @param {Frame} frame
     * @returns {boolean} false if there is no connection, nor a session to come back to: the frame is dropped
     */
    send(frame: Frame): boolean;
    /**
     * Sends a frame that has a direct answer.
     * @param {Frame} frame
     * @returns {Promise<Frame>} rejects with a SignalError
     */
    request(frame: Frame): Promise<Frame>;
    #private;
}

/**
 * of a room or a call
 */
export type GatheringEvents = {
    member: Member;
    left: Member;
    /**
     * rooms only
     */
    change: undefined;
    /**
     * rooms only
     */
    closed: Error | null;
    /**
     * calls only
     */
    state: "calling" | "ringing" | "accepted" | "ended";
};

/**
 * What the events are told with.
 */
export type ClientEvents = {
    /**
     * the connection to the server is there; again: it was there before;
     * resumed: it is the same session, and nothing was missed
     */
    up: {
        again: boolean;
        resumed: boolean;
    };
    /**
     * it is gone, with a WebSocket's close code; the next try is in so many milliseconds
     */
    down: {
        code: number;
        wait: number;
    };
    /**
     * it will not be tried again
     */
    refused: SignalError;
    /**
     * the server is about to be stopped: go to that other one, https://host, in so many
     * milliseconds at the earliest, when no room and no call is going on; an empty `to` takes it back
     */
    move: {
        to: string;
        after: number;
    };
    ring: Call;
    /**
     * an error frame that answers no request
     */
    error: SignalError;
};

/**
 * where the guest key is kept, such as localStorage
 */
export type Store = {
    getItem: (key: string) => string | null;
    setItem: (key: string, value: string) => void;
};

/**
 * what the library needs of a clock; fakes stand in for it in tests
 */
export type Timers = {
    setTimeout: (fn: () => void, ms: number) => any;
    clearTimeout: (id: any) => void;
    /**
     * milliseconds, any origin
     */
    now: () => number;
};

/**
 * what the server says about ICE servers
 */
export type ICE = {
    iceServers: RTCIceServer[];
    /**
     * seconds
     */
    ttl: number;
    /**
     * Unix time in seconds
     */
    expires_at: number;
};

/**
 * of who makes a room, and of who joins it; signal/PROTOCOL.md says more
 */
export type JoinRules = {
    /**
     * which others have to show
     */
    secret?: string | undefined;
    /**
     * joins only a room that is there
     */
    existing?: boolean | undefined;
    /**
     * of members, less than the server's
     */
    limit?: number | undefined;
};

/**
 * What the events are told with.
 */
export type MediaEvents = {
    track: {
        kind: Kind;
        track: MediaStreamTrack | null;
    };
    change: undefined;
};

/**
 * The types that the modules of the library share. Nothing here exists at run time.
 */
export type Kind = "audio" | "video";

/**
 * what a member shows to the others
 */
export type MemberState = {
    /**
     * its microphone is on
     */
    audio?: boolean | undefined;
    /**
     * it sends a picture
     */
    video?: boolean | undefined;
    /**
     * the picture is its screen
     */
    screen?: boolean | undefined;
    /**
     * a random mark of the page, the same after a reconnection
     */
    device?: string | undefined;
};

/**
 * What the events are told with.
 */
export type MemberEvents = {
    connection: "connecting" | "connected" | "reconnecting" | "gone";
    state: MemberState;
    track: {
        kind: Kind;
        track: MediaStreamTrack;
    };
    text: {
        text: string;
    };
    datachannel: {
        channel: RTCDataChannel;
    };
    away: boolean;
    renewed: undefined;
    session: string;
    sample: undefined;
    bye: undefined;
    gone: undefined;
    error: Error;
};

/**
 * a member as the server describes it
 */
export type MemberInfo = {
    session: string;
    name?: string | undefined;
    state?: MemberState | undefined;
    /**
     * our role towards it
     */
    polite: boolean;
    /**
     * its connection to the server is lost, but it may be back
     */
    away?: boolean | undefined;
};

/** Measures a connection once a second and keeps the last minute. */
declare class Meter {
    /**
     * @param {() => RTCPeerConnection} pc the connection to measure now
     * @param {Timers} timers
     * @param {() => void} measured
     */
    constructor(pc: () => RTCPeerConnection, timers: Timers, measured: () => void);
    /** @type {Sample[]} oldest first, at most sixty */
    samples: Sample[];
    /** @type {Path | null} */
    path: Path | null;
    start(): void;
    stop(): void;
    /** Every candidate of the connection, now. */
    candidates(): Promise<(End & {
        side: "local" | "remote";
        selected: boolean;
    })[]>;
    #private;
}

/**
 * a frame of signal/PROTOCOL.md
 */
export type Frame = Record<string, any> & {
    type: string;
};

/**
 * one end of a candidate pair
 */
export type End = {
    /**
     * host, srflx, prflx or relay
     */
    type: string;
    /**
     * udp or tcp
     */
    protocol: string;
    /**
     * how the relay is reached: udp, tcp or tls; empty if it is no relay
     */
    relayProtocol: string;
    address: string;
    port: number;
    /**
     * the server that gave the candidate
     */
    url: string;
    /**
     * wifi, ethernet, …; empty if the browser does not say
     */
    network: string;
};

export type Path = {
    relayed: boolean;
    /**
     * how our side reaches the relay
     */
    over: "" | "udp" | "tcp" | "tls";
    /**
     * milliseconds
     */
    rtt: number | null;
    local: End;
    remote: End;
};

/**
 * Asks the server by plain HTTP why it would not let us in.
 * @param {typeof globalThis.fetch} fetch
 * @param {string} url of the signaling endpoint
 * @returns {Promise<string>} empty if the server does not refuse us
 */
declare function diagnose(fetch: typeof globalThis.fetch, url: string): Promise<string>;

/**
 * one second of a connection
 */
export type Sample = {
    /**
     * milliseconds
     */
    time: number;
    /**
     * milliseconds
     */
    rtt: number | null;
    /**
     * share of the packets that should have arrived and did not, 0 to 1
     */
    loss: number | null;
    /**
     * bits per second
     */
    received: number | null;
    /**
     * bits per second
     */
    sent: number | null;
};

export {};
