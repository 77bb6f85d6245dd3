// Names for rooms that can be said aloud and cannot be guessed.

/** 64 words of which two come first. */
export const QUALITIES = words(`
  amber azure bright brisk broad calm candid civil clear clever cosy crisp dapper deep eager early easy fair fancy
  fine firm fleet fond frank free fresh gentle glad golden good grand green handy happy hardy hazel honest ideal
  jolly joyful keen kind large light little lively loyal lucid lucky mellow merry mild misty modest neat new
  nimble noble olive open plain polite proud pure
`);

/** 128 words of which one comes third. */
export const THINGS = words(`
  acorn alder anchor apple arrow aspen badger bamboo beacon beaver birch bison bloom bobcat brook cabin canoe
  canyon cedar cello cherry cliff clover comet coral cove crane creek daisy delta dove dune eagle ember fable
  falcon fern finch fjord flame flute forest fox garden gecko geyser ginger glade grove harbor hare harp hawk
  hazel heron hill holly ibis iris island ivy jasper kayak kite lagoon lake lark laurel lemon lily linden lotus
  lynx magpie mango maple marten meadow mesa mint moss nectar oak oasis olive orchid osprey otter owl palm panda
  pearl pebble pine plum pond poplar puffin quail quartz quince rabbit rain raven reef ridge river robin sage sail
  salmon shore spruce stone stork stream swan tern thrush tiger trail tulip tundra valley violin walnut willow
  wren
`);

const RANDOM_LETTERS = 22; // five bits each
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"; // without i, l, o and u, which are misread

/**
 * A name such as `quiet-amber-otter-` and 22 letters and digits: 19 bits of words and 110 of random text. The words
 * are for people, the rest for safety: 128 bits and more together.
 * @param {(bytes: Uint8Array<ArrayBuffer>) => Uint8Array} [fill]
 * @returns {string}
 */
export function roomName(fill = (bytes) => crypto.getRandomValues(bytes)) {
  const random = fill(new Uint8Array(3 + RANDOM_LETTERS));
  const spoken = [QUALITIES[random[0] % 64], QUALITIES[random[1] % 64], THINGS[random[2] % 128]];
  const rest = Array.from(random.subarray(3), (byte) => ALPHABET[byte % 32]);
  return [...spoken, rest.join("")].join("-");
}

/**
 * The part of a room name that people say, and the part that keeps strangers out.
 * @param {string} name
 * @returns {{spoken: string, rest: string}}
 */
export function parts(name) {
  const match = /^([a-z]+-[a-z]+-[a-z]+)-([0-9a-z]{8,})$/.exec(name);
  return match ? { spoken: match[1], rest: match[2] } : { spoken: name, rest: "" };
}

/** @param {string} text */
function words(text) {
  return text.trim().split(/\s+/);
}
