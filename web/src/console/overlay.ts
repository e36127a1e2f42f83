/*
 * What stands over the picture while it is not live: which state the console
 * is in, why, and the way out.
 */
import { UNREACHABLE } from '../lib/api';
import { h, replace, show, text } from '../lib/dom';
import { icon } from '../lib/icons';
import { hintOf, titleOf, waysOut, type End, type Way } from './ends';
import type { State } from './line';

export interface OverlayActions {
	again(): void;
	takeOver(): void;
	signIn(): void;
	guests: (() => void) | null;
	tryNow(): void;
	giveUp(): void;
}

/* Another way to the guest: in this page, or where an address leads. */
export interface Other {
	label: string;
	act?: () => void;
	href?: string;
}

const SLOW_MS = 4000;

export class Overlay {
	readonly root: HTMLElement;
	private readonly badge = h('div', { class: 'overlay-badge' });
	private readonly title = h('h2', { class: 'overlay-title' });
	private readonly sentence = h('p', { class: 'overlay-sentence' });
	private readonly hint = h('p', { class: 'overlay-hint' });
	private readonly count = h('p', { class: 'overlay-count' });
	private readonly word = h('p', { class: 'overlay-word' });
	private readonly buttons = h('div', { class: 'overlay-buttons' });
	private readonly others = h('div', {
		class: 'overlay-others', role: 'group',
		'aria-label': 'Other ways to this guest',
	});
	private readonly live = h('div', {
		class: 'unseen', role: 'status', 'aria-live': 'polite',
	});
	private drawn = '';
	private timer = 0;

	constructor(private readonly guest: string,
		private readonly actions: OverlayActions) {
		this.root = h('div', { class: 'overlay' },
			h('div', { class: 'overlay-card' }, this.badge, this.title,
				this.sentence, this.hint, this.count, this.buttons,
				this.others, this.word),
			this.live);
	}

	render(state: State): void {
		clearTimeout(this.timer);
		if (state.name !== 'ended')
			this.offer([]);
		const shown = state.name !== 'connected';

		this.root.classList.toggle('overlay-shown', shown);
		this.root.dataset['state'] = state.name;
		this.root.inert = !shown;
		if (state.name === 'connected')
			this.say(`Connected to ${this.guest}`);
		else if (state.name === 'lost')
			this.lost(state);
		else if (state.name === 'ended')
			this.ended(state.end);
		else
			this.opening(state);
	}

	private say(words: string): void {
		text(this.live, words);
	}

	/* Buttons are only made anew for a new state: the focus stays on them. */
	private frame(key: string, badge: Node, buttons: () => Node[]): void {
		if (this.drawn === key)
			return;
		const had = this.buttons.contains(document.activeElement);

		this.drawn = key;
		replace(this.badge, badge);
		replace(this.buttons, ...buttons());
		if (had)
			this.buttons.querySelector('button')?.focus();
	}

	private opening(state: { name: string; since: number; again: boolean;
		waiting?: number }): void {
		const waited = performance.now() - state.since;
		const asking = state.name === 'asking';

		this.frame(`opening${state.again}`, h('span', { class: 'spinner' }),
			() => state.again ? [this.button('Stop', '', () =>
				this.actions.giveUp())] : []);
		text(this.title, state.again ? 'Connecting again' :
			asking ? 'Asking for the console' : 'Connecting');
		text(this.sentence, asking ? 'The gateway checks your rights.' :
			'The gateway opens the way to the guest.');
		if (state.waiting !== undefined) {
			text(this.title, 'The guest is starting');
			text(this.sentence, 'Its console is not up yet. It opens by ' +
				'itself.');
			text(this.hint, '');
			text(this.word, '');
			text(this.count, `Starting, ${state.waiting} s`);
			this.say('The guest is starting');
			return;
		}
		text(this.hint, waited > SLOW_MS ? 'This takes longer than usual. ' +
			'The guest may not be ready yet.' : '');
		text(this.count, '');
		text(this.word, '');
		this.say(this.title.textContent ?? '');
		if (waited <= SLOW_MS) {
			this.timer = window.setTimeout(() => this.opening(state),
				SLOW_MS - waited + 50);
		}
	}

	private lost(state: { end: End; attempt: number; at: number }): void {
		const left = Math.ceil((state.at - performance.now()) / 1000);

		this.frame('lost', icon('plug'), () => [
			this.button('Try now', 'primary', () => this.actions.tryNow()),
			this.button('Stop', '', () => this.actions.giveUp()),
		]);
		this.why(state.end);
		text(this.count, left > 0 && state.attempt > 1 ?
			`Trying again in ${left} s, attempt ${state.attempt}` :
			'Trying again');
		this.say(`${titleOf(state.end)}. Trying again.`);
		if (left > 0) {
			this.timer = window.setTimeout(() => this.lost(state),
				Math.min(500, state.at - performance.now() + 10));
		}
	}

	private ended(end: End): void {
		const calm = end.word === 'client_closed';

		this.frame(`ended ${end.word}`, icon(calm ? 'power' : 'warning'),
			() => this.ways(end));
		this.why(end);
		text(this.count, '');
		this.say(`${titleOf(end)}. ${end.sentence} ${hintOf(end)}`);
	}

	private why(end: End): void {
		text(this.title, titleOf(end));
		text(this.sentence, end.sentence);
		text(this.hint, hintOf(end));
		/* the page's own words for a dead network stand in no log */
		text(this.word, end.word === 'lost' || end.word === UNREACHABLE ?
			'' : [end.word, end.id].filter(Boolean).join(' \u00b7 '));
	}

	private ways(end: End): Node[] {
		const make: Record<Way, (kind: string) => Node | null> = {
			again: (kind) => this.button('Open again', kind,
				() => this.actions.again()),
			take_over: (kind) => this.button('Take over', kind,
				() => this.actions.takeOver()),
			sign_in: (kind) => this.button('Sign in', kind,
				() => this.actions.signIn()),
			guests: (kind) => this.actions.guests ?
				this.button('Back to the guests', kind,
					this.actions.guests) : null,
		};
		const nodes: Node[] = [];

		for (const way of waysOut(end)) {
			const node = make[way](nodes.length === 0 ? 'primary' : '');

			if (node)
				nodes.push(node);
		}
		return nodes;
	}

	/* Beside what can be done about the end: around it. */
	offer(others: Other[]): void {
		replace(this.others, ...others.map(({ label, act, href }) =>
			href ? h('a', {
				class: 'button', href, target: '_blank',
				rel: 'noopener noreferrer',
			}, label) : this.button(label, '', act ?? (() => {}))));
		show(this.others, others.length > 0);
	}

	private button(words: string, kind: string, act: () => void):
		HTMLButtonElement {
		return h('button', {
			type: 'button', class: `button ${kind}`, on: { click: act },
		}, words);
	}

	focus(): void {
		this.buttons.querySelector('button')?.focus();
	}

	get visible(): boolean {
		return this.root.classList.contains('overlay-shown');
	}

	/* Only for the asking of passwords, which comes before the picture. */
	hide(hidden: boolean): void {
		show(this.root, !hidden);
	}
}
