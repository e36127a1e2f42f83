/*
 * A line is one console over time: it asks the gateway, connects, notices the
 * loss, and comes back by itself with a new code.
 *
 *   asking > connecting > connected > lost > asking ...
 *      \_________\____________\________\___> ended (until open() again)
 */
import { ping } from '../lib/api';
import { againAfter, endOfClose, endOfProblem, isNetwork, type End } from
	'./ends';
import { onBeat, type Beat } from './pulse';

/* What a line needs to reach a console once. */
export interface Access {
	url: string;
	protocols: string[];
	rights: string[];
	deny: string[];
	/* Has the guest been reached? Only the gateway knows for sure. */
	streaming?: () => Promise<boolean>;
	/* For how many seconds a guest that is not up yet is waited for. */
	waiting?: () => Promise<number | null>;
}

/* Where access comes from: the API, or an address that never changes. */
export interface Source {
	ask(again: boolean, takeOver: boolean): Promise<Access>;
	/* asked before anything else when the way to the gateway broke */
	probe: boolean;
}

export interface Closed {
	code: number;
	reason: string;
	failure: string;
	stay?: boolean; /* it would only happen again: wait for the user */
}

/* What shows the console; it reports back by up() and down(). */
export interface Picture {
	open(access: Access, up: () => void,
		down: (closed: Closed) => void): Promise<void>;
	close(): void;
	heardSince(time: number): boolean;
}

export type State =
	| { name: 'asking' | 'connecting'; since: number; again: boolean;
		waiting?: number } /* seconds: the guest starts */
	| { name: 'connected' }
	| { name: 'lost'; end: End; attempt: number; at: number }
	| { name: 'ended'; end: End };

const CONNECT_LIMIT_MS = 75000; /* guests may take 60 s to become ready */
const LOOK_MS = 1500;           /* then the gateway is asked what it waits for */
const GIVE_UP_MS = 600000;      /* resume keys live as long */
const STEADY_MS = 3000;         /* a console that stays has recovered */
const PROBE_LIMIT_MS = 2000;
const FIRST_MS = 150;
const STEP_MS = 500;
const LONGEST_MS = 15000;
const PATIENCE = 40;            /* tries a second apart while offline */

/* Half fixed, half by chance: many pages must not return at one instant. */
function spread(ms: number): number {
	return ms * (0.75 + Math.random() * 0.5);
}

export function delayBefore(attempt: number, network: boolean): number {
	if (attempt === 0)
		return spread(FIRST_MS);
	if (network && attempt < PATIENCE)
		return spread(1000); /* cheap to ask, and back within 2 s */
	const doubled = STEP_MS * 2 ** Math.min(
		network ? attempt - PATIENCE + 2 : attempt, 10);

	return spread(Math.min(doubled, LONGEST_MS));
}

export class Line {
	state: State = { name: 'asking', since: 0, again: false };
	access: Access | null = null;
	latency: number | null = null;
	reconnect = true;
	leastDelay = 0; /* before the first try; the rest is longer anyway */
	private wasUp = false;
	private lostSince = 0;
	private attempt = 0;
	private turn = 0; /* answers to an older turn are ignored */
	private timer = 0;
	private steady = 0;
	private readonly quiet: () => void;

	constructor(private readonly source: Source,
		private readonly picture: Picture,
		private readonly changed: () => void) {
		this.quiet = onBeat((b) => this.beat(b));
		document.addEventListener('visibilitychange', this.wake);
		addEventListener('online', this.wake);
	}

	/* Open it, or open it again by hand. */
	open(takeOver = false): void {
		this.attempt = 0;
		this.lostSince = 0;
		this.picture.close();
		void this.reach(this.wasUp, takeOver);
	}

	close(): void {
		this.stop();
		this.picture.close();
		this.quiet();
		document.removeEventListener('visibilitychange', this.wake);
		removeEventListener('online', this.wake);
	}

	/* By the user: stays on the page and can be opened again. */
	disconnect(): void {
		this.stop();
		this.picture.close();
		this.set({
			name: 'ended', end: {
				word: 'client_closed', sentence: '', hint: '', id: '',
			},
		});
	}

	tryNow(): void {
		if (this.state.name === 'lost')
			void this.retry();
	}

	private stop(): void {
		this.turn++;
		clearTimeout(this.timer);
		clearTimeout(this.steady);
	}

	private set(next: State): void {
		this.state = next;
		this.changed();
	}

	private async reach(again: boolean, takeOver: boolean): Promise<void> {
		this.stop();
		const turn = this.turn;
		const since = performance.now();

		this.set({ name: 'asking', since, again });
		try {
			const access = await this.source.ask(again, takeOver);

			if (turn !== this.turn)
				return;
			this.access = access;
			this.set({ name: 'connecting', since, again });
			this.timer = window.setTimeout(() => this.down({
				code: 4504, failure: '',
				reason: 'backend_timeout: The guest\u2019s console ' +
					'was not ready in time.',
			}), CONNECT_LIMIT_MS);
			this.look(access, turn);
			await this.picture.open(access,
				() => turn === this.turn && this.up(),
				(closed) => turn === this.turn && this.down(closed));
		} catch (problem) {
			if (turn === this.turn)
				this.ended(endOfProblem(problem));
		}
	}

	private look(access: Access, turn: number): void {
		const stands = (): boolean => turn === this.turn &&
			this.state.name === 'connecting';

		if (!access.waiting)
			return;
		window.setTimeout(() => {
			if (stands())
				access.waiting?.().catch(() => null).then((seconds) => {
					if (!stands() || this.state.name !== 'connecting')
						return;
					const { waiting: _, ...state } = this.state;

					this.set(seconds === null ? state :
						{ ...state, waiting: seconds });
					this.look(access, turn);
				});
		}, LOOK_MS);
	}

	private up(): void {
		clearTimeout(this.timer);
		this.wasUp = true;
		this.steady = window.setTimeout(() => {
			this.attempt = 0;
			this.lostSince = 0;
		}, STEADY_MS);
		this.set({ name: 'connected' });
	}

	private down(closed: Closed): void {
		this.ended(endOfClose(closed.code, closed.reason, closed.failure),
			closed.stay);
	}

	private ended(end: End, stay = false): void {
		const now = performance.now();

		this.stop();
		this.picture.close();
		this.lostSince ||= now;
		if (stay || !this.reconnect || againAfter(end, this.wasUp) !== 'auto' ||
			now - this.lostSince > GIVE_UP_MS) {
			this.set({ name: 'ended', end });
			return;
		}
		this.later(end);
	}

	private later(end: End): void {
		const wait = Math.max(this.leastDelay,
			delayBefore(this.attempt++, isNetwork(end)));

		this.timer = window.setTimeout(() => void this.retry(), wait);
		this.set({
			name: 'lost', end, attempt: this.attempt,
			at: performance.now() + wait,
		});
	}

	private async retry(): Promise<void> {
		if (this.state.name !== 'lost')
			return;
		const { end } = this.state;

		this.stop();
		const turn = this.turn;

		if (this.source.probe && isNetwork(end)) {
			try {
				await ping(PROBE_LIMIT_MS);
			} catch (problem) {
				if (turn === this.turn)
					this.still(end, problem);
				return;
			}
			if (turn !== this.turn)
				return;
		}
		await this.reach(true, false);
	}

	/* No way to the gateway yet. Any answer of its own ends the question. */
	private still(end: End, problem: unknown): void {
		const said = endOfProblem(problem);

		if (isNetwork(said) && performance.now() - this.lostSince <
			GIVE_UP_MS)
			this.later(end);
		else
			this.ended(said);
	}

	/* A dead network is silent: no answer, and not one byte since we asked. */
	private beat(b: Beat): void {
		this.latency = b.ms;
		if (b.ms === null && this.state.name === 'connected' &&
			!this.picture.heardSince(b.started))
			this.down({ code: 1006, reason: '', failure: '' });
		else
			this.changed();
	}

	private readonly wake = (): void => {
		if (document.visibilityState === 'visible')
			this.tryNow();
	};
}
