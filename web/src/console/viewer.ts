/*
 * A viewer shows a console of one kind. The frame around it (view.ts: bar,
 * states, reconnecting, ends, full screen) knows nothing but this, so a new
 * kind is a viewer and its line in viewers.ts.
 *
 * A viewer is made at once and is light. What is heavy (noVNC, xterm.js) it
 * imports when it opens, as a chunk of its own, so that nobody pays for a kind
 * that is not looked at. All kinds live under the one strict policy of the
 * page: no inline styles, no inline scripts, nothing from elsewhere. A kind
 * that needs more has a document of its own, in a frame (spice/port.ts).
 */
import type { Picture } from './line';

/* What the caller may do now, by right, by rule and by the line's state. */
export interface May {
	live: boolean;      /* connected */
	control: boolean;   /* has the right to type */
	clipboard: boolean; /* no rule closes it */
}

export type Fact = readonly [term: string, value: string];

/* open(), close() and heardSince() come from the line's Picture. */
export interface Viewer extends Picture {
	readonly host: HTMLElement;    /* fills the stage */
	readonly tools: HTMLElement[]; /* its own part of the bar, in order */
	readonly viewOnly: boolean;    /* the user chose not to type */
	/* What is said over it stands in its corner: there is more to read. */
	readonly aside: boolean;
	/* Told after every change of what the caller may do. */
	allow(may: May): void;
	focus(): void;
	/* Let go of keys that are held down, and close what is open. */
	release(): void;
	/* The console will not come back by itself. */
	ended(): void;
	/* Rows for the panel About. */
	facts(): Fact[];
	/* It leaves the page for good. */
	dispose?(): void;
}

/* What the frame does for a viewer. */
export interface Frame {
	readonly guest: string; /* "" for a plain address */
	readonly title: string;
	focus(): void;          /* to the console, or what stands over it */
	focusBar(): void;
	bell(): void;
	changed(): void;        /* a choice of the user: viewOnly, facts */
	/* Over the stage in place of the state; null takes it away. */
	cover(element: HTMLElement | null): void;
}

export type Maker = (frame: Frame) => Viewer;
