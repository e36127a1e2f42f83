/*
 * The viewer of SPICE consoles. The drawing is done by a document of its own
 * (spice/port.ts says why); each time the console is opened it gets a new one,
 * so nothing of a lost session, however it broke, lives on in the next.
 */
import { at } from '../lib/base';
import { attribute, h, replace, show } from '../lib/dom';
import { icon } from '../lib/icons';
import type { AgentState, Sound, SpiceDocument, SpiceEvents, SpiceSession }
	from '../spice/port';
import type { Access, Closed } from './line';
import { ScreenTools } from './screentools';
import { Still } from './still';
import type { Fact, Frame, May, Viewer } from './viewer';

const NO_AGENT: AgentState = { here: false, clipboard: false, resize: false };
const NO_AGENT_WORDS = 'The guest runs no SPICE agent (spice-vdagent), so ' +
	'text cannot be exchanged.';
const NO_TEXT_WORDS = 'The SPICE agent of this guest exchanges no text.';

const soundWords: Record<Sound, string> = {
	closed: 'No sound here', none: 'The guest plays nothing',
	playing: 'Mute', waiting: 'Sound starts with the next click',
	muted: 'Unmute',
};

export class SpiceViewer implements Viewer {
	readonly host = h('div', { class: 'screen' });
	readonly tools: HTMLElement[];
	readonly aside = false;
	private readonly bar: ScreenTools;
	private readonly speaker: HTMLButtonElement;
	private element: HTMLIFrameElement | null = null;
	private session: SpiceSession | null = null;
	private agent = NO_AGENT;
	private sound: Sound = 'none';
	private muted = false;
	private input = true;
	private heard = 0;
	private readonly still = new Still(this.host);

	constructor(private readonly frame: Frame) {
		this.bar = new ScreenTools(frame, {
			key: (keysym, code, down) =>
				this.session?.key(keysym, code, down),
			paste: (words) => this.paste(words),
			apply: (settings) => this.session?.apply(settings),
		}, {}, false);
		this.speaker = h('button', {
			type: 'button', class: 'icon-button',
			on: { click: () => this.toggleSound() },
		});
		this.tools = [...this.bar.tools, this.speaker];
		this.host.append(this.bar.soft.field);
		this.drawSpeaker();
	}

	get viewOnly(): boolean {
		return this.bar.viewOnly || !this.input;
	}

	async open(access: Access, up: () => void,
		down: (closed: Closed) => void): Promise<void> {
		const element = h('iframe', {
			class: 'spice-frame', title: `Screen of ${this.frame.title}`,
			/* no windows, no dialogs, no way to lead this page elsewhere */
			sandbox: 'allow-scripts allow-same-origin allow-pointer-lock',
		});
		const ours = (): boolean => this.element === element;

		this.element = element;
		this.input = true;
		this.setAgent(NO_AGENT);
		this.setSound(access.deny.includes('audio') ? 'closed' : 'none');
		const opener = await this.load(element);

		if (!ours())
			return;
		if (!opener) {
			down({ code: 1006, reason: '', failure: '' });
			return;
		}
		this.session = opener({
			url: access.url, protocols: access.protocols,
			control: access.rights.includes('control'),
			clipboard: !access.deny.includes('clipboard'),
			audio: !access.deny.includes('audio'),
		}, `Screen of ${this.frame.title}`, this.events(() => {
			if (ours())
				up();
		}, (closed) => {
			if (!ours())
				return;
			this.still.keep(this.session?.canvas());
			down(closed);
		}));
		this.bar.applyTo();
		this.session.mute(this.muted);
	}

	close(): void {
		const { element, session } = this;

		this.element = null;
		this.session = null;
		session?.close();
		element?.remove();
	}

	heardSince(time: number): boolean {
		return this.heard >= time;
	}

	allow(may: May): void {
		this.bar.allow({ ...may, control: may.control && this.input });
		this.explain(may.clipboard && may.live);
	}

	focus(): void {
		this.element?.focus({ preventScroll: true });
		this.session?.focus();
	}

	release(): void {
		this.bar.release();
	}

	/* Nothing of the last picture stays once a console has truly ended. */
	ended(): void {
		this.still.drop();
	}

	facts(): Fact[] {
		const { session } = this;
		const size = session?.size();

		return session && size ? [
			['Picture', size],
			['Channels', session.channels().join(', ')],
			['Agent in the guest', this.agent.here ? 'yes' :
				'no: neither resizing nor a clipboard'],
		] : [];
	}

	/* Below the last picture until the new one is there. */
	private load(element: HTMLIFrameElement):
		Promise<SpiceDocument['openSpice'] | null> {
		return new Promise((done) => {
			element.addEventListener('load', () => {
				try {
					done((element.contentWindow as SpiceDocument | null)
						?.openSpice ?? null);
				} catch {
					done(null); /* the browser's own page of an error */
				}
			}, { once: true });
			element.src = at('spice.html').href;
			this.host.prepend(element);
		});
	}

	private events(up: () => void, down: (closed: Closed) => void):
		SpiceEvents {
		return {
			up: () => {
				this.bar.applyTo();
				this.still.dropSoon();
				up();
			},
			down,
			heard: () => {
				this.heard = performance.now();
			},
			agent: (state) => this.setAgent(state),
			clipboard: (words) => this.bar.fromGuest(words),
			sound: (sound) => this.setSound(sound),
			noInput: () => {
				this.input = false;
				this.frame.changed();
			},
			/* a press in another document closes no panel of this one */
			pressed: () => document.body.dispatchEvent(
				new PointerEvent('pointerdown', { bubbles: true })),
			leave: () => this.frame.focusBar(),
		};
	}

	private paste(words: string): string {
		if (this.session?.paste(words))
			return '';
		return this.agent.here ? NO_TEXT_WORDS : NO_AGENT_WORDS;
	}

	private setAgent(state: AgentState): void {
		this.agent = state;
		this.frame.changed();
	}

	/* Where a rule closes the clipboard, that is what is said. */
	private explain(open: boolean): void {
		if (open)
			this.bar.noClipboard(this.agent.clipboard ? '' :
				this.agent.here ? NO_TEXT_WORDS : NO_AGENT_WORDS);
	}

	private setSound(sound: Sound): void {
		this.sound = sound;
		this.drawSpeaker();
	}

	private toggleSound(): void {
		this.muted = !this.muted;
		this.session?.mute(this.muted);
		this.drawSpeaker();
	}

	private drawSpeaker(): void {
		const { muted, sound, speaker } = this;
		const words = muted && sound !== 'closed' ? soundWords.muted :
			soundWords[sound];

		attribute(speaker, 'aria-label', sound === 'none' && !muted ?
			'Mute' : words);
		attribute(speaker, 'data-tip', words);
		attribute(speaker, 'aria-pressed', String(muted));
		attribute(speaker, 'data-sound', sound);
		replace(speaker, icon(muted || sound === 'closed' ? 'mute' :
			'sound'));
		show(speaker, sound !== 'closed');
	}
}
