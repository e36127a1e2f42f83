/* The document /spice.html: a SPICE screen, for the page that frames it. */
import type { SpiceDocument } from './spice/port';
import { Session } from './spice/session';

(window as SpiceDocument).openSpice = (wish, label, events) =>
	new Session(wish, label, events);
