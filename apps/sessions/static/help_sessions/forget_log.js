/** On every page: what this browser noted of sessions goes after 30 days, though nobody opens the log. */

import { forgetOld } from "./device_log.js";

forgetOld().catch(() => undefined); // where the browser keeps nothing, there is nothing to forget
