/*
 * Follows a guest whose console is open (R84): where it is now, and whether it
 * restarted or moved, told in a sentence. The console itself comes back by its
 * line; this one says what happened meanwhile.
 */
import { guest as ask } from '../lib/api';
import { h, show, text } from '../lib/dom';
import { notice } from '../lib/notice';
import type { State } from '../console/line';
import type { Guest } from '../lib/types';

/* What a list tells of uptimes is this old at most: looked at once more. */
const LAG_MS = 11000;

/* The network between here and the gateway: no news of the guest. */
const NETWORK = ['lost', 'gateway_unreachable', 'shutdown'];

function uptime(guest: Guest): number | null {
	return guest.marks?.uptime ?? null;
}

/* "" when nothing happened that is worth a word. */
export function whatHappened(was: Guest, is: Guest, name: string,
	stopped: boolean): string {
	const [before, now] = [uptime(was), uptime(is)];

	if (is.node && was.node && is.node !== was.node)
		return `${name} moved to ${is.node}`;
	if (is.status !== 'running')
		return '';
	if (stopped || (before !== null && now !== null && now < before))
		return `${name} restarted`;
	return '';
}

export class Follower {
	/* the node, for the bar of the console */
	readonly place = h('span', { class: 'bar-place', hidden: true });
	private known: Guest | null = null;
	private was = '';
	private stopped = false; /* seen off since it ran last */
	private later = 0;
	private left = false;

	constructor(private readonly id: string,
		private readonly seen: (guest: Guest) => void) {
	}

	close(): void {
		this.left = true;
		clearTimeout(this.later);
	}

	/* How the line of its console stands now. */
	follow(state: State): void {
		if (state.name === this.was)
			return;
		this.was = state.name;
		if (state.name === 'connected') {
			void this.look();
			clearTimeout(this.later);
			this.later = window.setTimeout(() => void this.look(), LAG_MS);
		} else if ((state.name === 'lost' || state.name === 'ended') &&
			!NETWORK.includes(state.end.word)) {
			this.stopped ||= state.end.word === 'guest_not_running';
			void this.look();
		}
	}

	/* News of it, whoever asked for them. */
	take(guest: Guest): void {
		const words = this.known ? whatHappened(this.known, guest,
			guest.name || guest.id, this.stopped) : '';

		this.stopped = guest.status === 'stopped' ||
			(this.stopped && guest.status !== 'running');
		this.known = guest;
		text(this.place, guest.node && guest.type !== 'node' ?
			`on ${guest.node}` : '');
		show(this.place, this.place.textContent !== '');
		if (words)
			notice(words);
	}

	async look(): Promise<void> {
		try {
			const guest = await ask(this.id);

			if (this.left)
				return;
			this.take(guest);
			this.seen(guest);
		} catch {
			/* the console's own overlay tells what is wrong */
		}
	}
}
