/* The kinds of console that this page shows. */
import type { Kind } from '../lib/types';
import { SpiceViewer } from './spice';
import { TerminalViewer } from './terminal';
import type { Maker } from './viewer';
import { VncViewer } from './vnc';

const vnc: Maker = (frame) => new VncViewer(frame);
const serial: Maker = (frame) => new TerminalViewer(frame);
const spice: Maker = (frame) => new SpiceViewer(frame);
const viewers: Partial<Record<Kind, Maker>> = { vnc, serial, spice };

export function makerOf(kind: Kind): Maker {
	return viewers[kind] ?? vnc;
}
