/** What the device says of itself on the talk channel, checked: it is as untrusted as anything from the net. */

const SIDE = 32767;
const MONITORS = 16;
const CURSOR = 128;
const ID = 64;
const WHY = ["", "view_only", "local_user", "prompt", "protected", "failed"];

const isInt = (value, least, most) => Number.isInteger(value) && value >= least && value <= most;
const isText = (value, most) => typeof value === "string" && value.length <= most;
const isFlag = (value) => typeof value === "boolean";

function isMonitor(value) {
  return (
    typeof value === "object" && value !== null &&
    isText(value.id, ID) && value.id !== "" && isText(value.name, 80) && isFlag(value.isPrimary) &&
    isInt(value.x, -SIDE, SIDE) && isInt(value.y, -SIDE, SIDE) &&
    isInt(value.width, 1, SIDE) && isInt(value.height, 1, SIDE)
  );
}

const CHECKS = {
  screen: (m) =>
    isInt(m.view, 1, Number.MAX_SAFE_INTEGER) && isInt(m.width, 1, SIDE) && isInt(m.height, 1, SIDE) &&
    isText(m.shown, ID) && isFlag(m.canControl) && isFlag(m.secureAttention) &&
    Array.isArray(m.monitors) && m.monitors.length <= MONITORS && m.monitors.every(isMonitor),
  cursor: (m) =>
    isFlag(m.isVisible) && isInt(m.width, 0, CURSOR) && isInt(m.height, 0, CURSOR) &&
    isInt(m.x, 0, CURSOR) && isInt(m.y, 0, CURSOR) &&
    isText(m.png, 60000) && /^[A-Za-z0-9+/]*={0,2}$/.test(m.png),
  prompt: (m) => isFlag(m.isOpen) && isFlag(m.isHidden),
  input: (m) => isFlag(m.isOn) && WHY.includes(m.why),
};

/** Whether the message is one of a device's, and all of it fits. */
export function isOfDevice(message) {
  return Object.hasOwn(CHECKS, message?.type) && CHECKS[message.type](message);
}
