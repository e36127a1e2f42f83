/*
 * Between the console's frame and the document that draws SPICE. That one
 * lives in a frame of its own (/spice.html): spice-html5 finds its elements
 * by their ids and changes the WebSocket of its whole document, and sound
 * needs a policy that the other documents do not. Both are of one origin, so
 * they call each other; nothing of the guest decides what is called.
 */
import type { Closed } from '../console/line';
import type { Settings } from '../console/screentools';

export interface SpiceWish {
	url: string;
	protocols: string[];
	control: boolean;   /* else there is no channel for input */
	clipboard: boolean;
	audio: boolean;
}

/* What the guest's agent can do; without one: nothing of this. */
export interface AgentState {
	here: boolean;
	clipboard: boolean;
	resize: boolean;
}

/* none: the guest plays nothing; closed: there is no channel for it */
export type Sound = 'closed' | 'none' | 'playing' | 'waiting' | 'muted';

export interface SpiceEvents {
	up(): void;
	down(closed: Closed): void;
	heard(): void;             /* bytes came */
	agent(state: AgentState): void;
	clipboard(words: string): void;
	sound(sound: Sound): void;
	noInput(): void;           /* the gateway closed the way for input */
	pressed(): void;           /* the picture was clicked */
	leave(): void;             /* the keys that go back to the toolbar */
}

export interface SpiceSession {
	key(keysym: number, code: string, down: boolean): void;
	/* false: there is nobody in the guest to take it */
	paste(words: string): boolean;
	apply(settings: Settings): void;
	mute(muted: boolean): void;
	focus(): void;
	canvas(): HTMLCanvasElement | null;
	channels(): string[];
	size(): string;
	close(): void;
}

/* What /spice.html offers to who framed it. */
export interface SpiceDocument extends Window {
	openSpice?: (wish: SpiceWish, label: string,
		events: SpiceEvents) => SpiceSession;
}
