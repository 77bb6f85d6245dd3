/** @typedef {import("./member.js").Member} Member */
/** @typedef {import("./room.js").Room | import("./call.js").Call} Gathering */
/** @typedef {{gatherings: Set<Gathering>, timer: any, hiding: any, hidden: boolean}} Ties */

const DRIFT = 30_000;
const HIDE = 10_000;

/**
 * Everybody we are with, by session: a pair has one connection, however many rooms and calls it shares.
 *
 * A member whose session ends with a broken connection to the server, not with a goodbye, is adrift: it stays while
 * its media flows, for thirty seconds in a room, and is matched with the new session under which it comes back.
 *
 * A member that is away keeps its session for a minute. If nothing is heard of it otherwise either, it is not shown in
 * rooms meanwhile, and is there again as it was once it is back.
 */
export class Company {
  /** @type {Map<string, Member>} */
  #present = new Map();
  /** @type {Map<Member, Ties>} all, also those adrift */
  #ties = new Map();
  #make;
  #timers;
  #awaiting = false;

  /**
   * @param {(info: import("./types.js").MemberInfo) => Member} make
   * @param {import("./types.js").Timers} timers
   */
  constructor(make, timers) {
    this.#make = make;
    this.#timers = timers;
  }

  /** @returns {IterableIterator<Member>} */
  all() {
    return this.#ties.keys();
  }

  get size() {
    return this.#ties.size;
  }

  /** @param {string} session */
  get(session) {
    return this.#present.get(session);
  }

  /**
   * A member came to a room or call that we are in.
   * @param {Gathering} gathering
   * @param {import("./types.js").MemberInfo} info
   */
  meet(gathering, info) {
    let member = this.#present.get(info.session);
    if (!member) member = this.#recognise(info) ?? this.#welcome(info);
    const ties = /** @type {Ties} */ (this.#ties.get(member));
    ties.gatherings.add(gathering);
    if (member.away) this.presence(info.session, false);
    if (gathering.members.has(member)) return;
    gathering.members.add(member);
    gathering.emit("member", member);
  }

  /**
   * A member's own connection to the server is lost, or is there again.
   * @param {string} session
   * @param {boolean} back
   */
  presence(session, back) {
    const member = this.#present.get(session);
    const ties = member && this.#ties.get(member);
    if (!member || !ties) return;
    member.away = !back;
    this.#timers.clearTimeout(ties.hiding);
    if (!back) this.#hideLater(member, ties);
    else if (ties.hidden) this.#show(member, ties);
    member.emit("away", member.away);
    member.heard();
  }

  /** Our own connection to the server is back, and with it everybody in reach. */
  heard() {
    for (const member of this.#ties.keys()) member.heard();
  }

  /**
   * @param {Member} member
   * @param {Ties} ties
   */
  #hideLater(member, ties) {
    this.#timers.clearTimeout(ties.hiding);
    const called = [...ties.gatherings].some((gathering) => "hangup" in gathering);
    if (ties.hidden || called || member.connected) return;
    const wait = Math.max(0, HIDE - (this.#timers.now() - member.since));
    ties.hiding = this.#timers.setTimeout(() => this.#hide(member, ties), wait);
  }

  /**
   * @param {Member} member
   * @param {Ties} ties
   */
  #hide(member, ties) {
    if (!member.away || member.connected || this.#ties.get(member) !== ties) return;
    ties.hidden = true;
    for (const gathering of ties.gatherings) {
      if (gathering.members.delete(member)) gathering.emit("left", member);
    }
    member.sleep();
  }

  /**
   * @param {Member} member
   * @param {Ties} ties
   */
  #show(member, ties) {
    ties.hidden = false;
    member.wake();
    for (const gathering of ties.gatherings) {
      gathering.members.add(member);
      gathering.emit("member", member);
    }
  }

  /**
   * A session is no longer in a room or call.
   * @param {Gathering} gathering
   * @param {string} session
   * @param {boolean} broken its connection ended, it did not say so
   */
  part(gathering, session, broken) {
    const member = this.#present.get(session);
    const ties = member && this.#ties.get(member);
    if (!member || !ties?.gatherings.has(gathering)) return;
    if (broken && member.connected) this.#drift(member);
    else this.#untie(member, gathering);
  }

  /**
   * We leave a room or call.
   * @param {Gathering} gathering
   */
  leave(gathering) {
    for (const member of [...this.#ties.keys()]) this.#untie(member, gathering);
  }

  /** Our own session ended: until the rooms are joined again nobody can be spoken to. */
  unmoor() {
    this.#awaiting = true;
    for (const member of this.#ties.keys()) this.#drift(member);
  }

  /** The rooms are joined again: whoever was not there, and is not heard any more, is gone. */
  moor() {
    this.#awaiting = false;
    for (const member of [...this.#ties.keys()]) this.#check(member);
  }

  /** @param {import("./types.js").MemberInfo} info */
  #welcome(info) {
    const member = this.#make(info);
    this.#present.set(info.session, member);
    this.#ties.set(member, { gatherings: new Set(), timer: null, hiding: null, hidden: false });
    member.on("connection", () => this.#check(member));
    member.on("bye", () => this.#forget(member));
    return member;
  }

  /**
   * The mark of a page is seen by everybody in the room, so it alone does not prove that a new session is an old
   * member: the server must vouch for the name as well, or have declared the old session ended.
   * @param {import("./types.js").MemberInfo} info
   */
  #recognise(info) {
    const device = info.state?.device;
    if (!device) return undefined;
    for (const [member, ties] of this.#ties) {
      if (member.device !== device || member.name !== (info.name ?? "")) continue;
      if (!member.name && !member.adrift) continue;
      this.#timers.clearTimeout(ties.timer);
      this.#present.delete(member.session);
      this.#present.set(info.session, member);
      member.rebind(info);
      return member;
    }
    return undefined;
  }

  /** @param {Member} member */
  #drift(member) {
    const ties = this.#ties.get(member);
    if (!ties || member.adrift) return;
    this.#present.delete(member.session);
    member.drift();
    // A call by name has no room to come back to: it lasts as long as its media.
    const called = [...ties.gatherings].some((gathering) => "hangup" in gathering);
    if (!called) ties.timer = this.#timers.setTimeout(() => this.#forget(member), DRIFT);
  }

  /** @param {Member} member */
  #check(member) {
    if (member.adrift && !member.connected && !this.#awaiting) this.#forget(member);
    const ties = this.#ties.get(member);
    if (!ties || !member.away) return;
    if (member.connected && ties.hidden) this.#show(member, ties);
    else this.#hideLater(member, ties);
  }

  /**
   * @param {Member} member
   * @param {Gathering} gathering
   */
  #untie(member, gathering) {
    const ties = this.#ties.get(member);
    if (!ties || !ties.gatherings.delete(gathering)) return;
    const shown = gathering.members.delete(member);
    if (ties.gatherings.size === 0) {
      this.#timers.clearTimeout(ties.timer);
      this.#timers.clearTimeout(ties.hiding);
      this.#ties.delete(member);
      if (this.#present.get(member.session) === member) this.#present.delete(member.session);
      member.close();
    }
    if (shown) gathering.emit("left", member);
  }

  /** @param {Member} member */
  #forget(member) {
    for (const gathering of [...(this.#ties.get(member)?.gatherings ?? [])]) this.#untie(member, gathering);
  }
}
