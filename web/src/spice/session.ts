/*
 * One SPICE session: the library's channels, watched. It ends once, whatever
 * fails first, and tells why; the frame around it comes back with another
 * document.
 */
import { SpiceCursorConn } from '@spice-project/spice-html5/src/cursor.js';
import { SpiceDisplayConn } from '@spice-project/spice-html5/src/display.js';
import { Constants } from '@spice-project/spice-html5/src/enums.js';
import { SpiceInputsConn } from '@spice-project/spice-html5/src/inputs.js';
import { SpiceMainConn } from '@spice-project/spice-html5/src/main.js';
import { SpicePlaybackConn } from
	'@spice-project/spice-html5/src/playback.js';
import { SpiceConn } from '@spice-project/spice-html5/src/spiceconn.js';
import { SpiceMsgChannels, type SpiceMiniData } from
	'@spice-project/spice-html5/src/spicemsg.js';
import { watchLeaveChord } from '../console/keys';
import type { Closed } from '../console/line';
import type { Settings } from '../console/screentools';
import { Agent } from './agent';
import { boundSurfaces, guard, imageCache } from './guard';
import { Input } from './input';
import type { SpiceEvents, SpiceSession, SpiceWish } from './port';
import { Layout, SCREEN_ID } from './screen';
import { Sockets, type Channel } from './socket';
import { Sound } from './sound';

const CLOSE_FRAME_MS = 500;
const FRAMES_MAX = 16;  /* of one stream, that are still being decoded */
const STREAMS_MAX = 64;
const UNREADABLE = 'protocol_error: The screen sent something this page ' +
	'does not understand.';
const REFUSED = 4403;

const c = (name: string): number => Constants[`SPICE_${name}`] ?? -1;

const names: Record<number, string> = {
	[c('CHANNEL_MAIN')]: 'main', [c('CHANNEL_DISPLAY')]: 'display',
	[c('CHANNEL_INPUTS')]: 'inputs', [c('CHANNEL_CURSOR')]: 'cursor',
	[c('CHANNEL_PLAYBACK')]: 'playback',
};

export class Session implements SpiceSession {
	private main: SpiceMainConn | null = null;
	private agent: Agent | null = null;
	private readonly sockets: Sockets;
	private readonly input: Input;
	private readonly layout: Layout;
	private readonly sound: Sound;
	private isUp = false;
	private over = false;

	constructor(private readonly wish: SpiceWish, label: string,
		private readonly events: SpiceEvents) {
		guard();
		this.layout = new Layout(label, (width, height) =>
			this.agent?.resize(width, height));
		this.input = new Input(() => this.main, this.layout.host,
			(e) => this.layout.place(e));
		this.sound = new Sound((state) => events.sound(state));
		this.sockets = new Sockets(wish.protocols, {
			heard: () => events.heard(),
			handled: (channel) => this.handled(channel),
			closed: (channel, event) => this.closed(channel, event),
			failed: () => this.fail(UNREADABLE),
		});
		document.body.replaceChildren(this.layout.host);
		this.layout.host.addEventListener('pointerdown', () => {
			this.focus();
			events.pressed();
		});
		watchLeaveChord(this.layout.host, () => events.leave());
		addEventListener('error', () => this.fail(UNREADABLE));
		addEventListener('unhandledrejection', () => this.fail(UNREADABLE));
		this.hook();
		this.begin();
	}

	key(keysym: number, code: string, down: boolean): void {
		this.input.key(keysym, code, down);
	}

	paste(words: string): boolean {
		return this.agent?.paste(words) ?? false;
	}

	apply(settings: Settings): void {
		if (settings.viewOnly && this.input.on)
			this.input.release();
		this.input.on = !settings.viewOnly;
		this.layout.set(settings.scale);
	}

	mute(muted: boolean): void {
		this.sound.mute(muted);
	}

	focus(): void {
		this.layout.host.focus({ preventScroll: true });
	}

	canvas(): HTMLCanvasElement | null {
		return this.layout.canvas;
	}

	channels(): string[] {
		return [...this.sockets.open].map((socket) =>
			(socket as { parent?: SpiceConn }).parent)
			.filter((conn) => conn?.state === 'ready')
			.map((conn) => conn?.type ?? 0)
			.sort().map((type) => names[type] ?? 'another');
	}

	size(): string {
		const { canvas } = this.layout;

		return canvas ? `${canvas.width} \u00d7 ${canvas.height}` : '';
	}

	close(): void {
		if (!this.over)
			this.input.release();
		this.over = true;
		this.sockets.close();
	}

	private begin(): void {
		const late = (): void => this.failLater();

		SpiceConn.prototype.onerror = late;
		const main = new SpiceMainConn({
			uri: this.wish.url, password: '', screen_id: SCREEN_ID,
			onerror: late,
			onagent: () => this.agent?.arrived(),
		});

		this.main = main;
		this.agent = new Agent(main, this.wish.clipboard,
			(state) => {
				this.events.agent(state);
				this.layout.ask();
			}, (words) => this.events.clipboard(words));
	}

	private end(closed: Closed): void {
		if (this.over)
			return;
		this.events.down(closed);
		this.close();
	}

	private fail(reason: string): void {
		this.end({ code: 1002, reason, failure: '' });
	}

	/* The gateway's close frame says more than the library does. */
	private failLater(): void {
		setTimeout(() => this.fail(UNREADABLE), CLOSE_FRAME_MS);
	}

	private closed(channel: Channel, event: CloseEvent): void {
		const conn = channel.conn();

		if (conn instanceof SpicePlaybackConn) {
			this.sound.closed();
		} else if (conn instanceof SpiceInputsConn &&
			event.code === REFUSED) {
			this.input.on = false;
			this.events.noInput();
		} else {
			this.end({ code: event.code, reason: event.reason, failure: '' });
			return;
		}
		conn.state = 'closing'; /* so the library takes it for meant, too */
	}

	private handled(channel: Channel): void {
		const conn = channel.conn();

		if (conn instanceof SpicePlaybackConn)
			this.sound.heard(conn);
		else if (conn instanceof SpiceInputsConn)
			this.input.acknowledged();
	}

	/* Between the library and what the guest sends it. */
	private hook(): void {
		const session = this;
		const { from_buffer: read } = SpiceMsgChannels.prototype;

		/* Only what this page is for, and each only once. */
		SpiceMsgChannels.prototype.from_buffer = function (data, at) {
			read.call(this, data, at);
			this.channels = session.wanted(this.channels);
		};
		this.hookMain();
		this.hookDisplay();
		this.hookCursor();
	}

	private wanted(all: { type: number; id: number }[]):
		{ type: number; id: number }[] {
		const types = new Set([c('CHANNEL_DISPLAY'), c('CHANNEL_CURSOR'),
			...this.wish.control ? [c('CHANNEL_INPUTS')] : [],
			...this.wish.audio ? [c('CHANNEL_PLAYBACK')] : []]);

		return all.filter(({ type, id }) => id === 0 && types.delete(type));
	}

	private hookMain(): void {
		const session = this;
		const { process_channel_message: usual } = SpiceMainConn.prototype;

		SpiceMainConn.prototype.process_channel_message = function (message) {
			if (message.type === c('MSG_MAIN_AGENT_DATA')) {
				if (message.data)
					session.agent?.data(message.data);
				return true;
			}
			const done = usual.call(this, message);

			if (message.type === c('MSG_MAIN_AGENT_DISCONNECTED'))
				session.agent?.gone();
			session.layout.setRelative(session.input.relative);
			return done;
		};
	}

	private hookDisplay(): void {
		const session = this;
		const display = SpiceDisplayConn.prototype;
		const { process_channel_message: usual } = display;

		display.hook_events = display.unhook_events = () => {};
		display.process_channel_message = function (message) {
			this.surfaces ??= {};
			this.streams ??= {};
			this.cache ??= imageCache();
			if (session.handles(this, message))
				return true;
			const done = usual.call(this, message);

			if (message.type === c('MSG_DISPLAY_SURFACE_CREATE'))
				session.surfaces(this);
			return done;
		};
	}

	/* What the library does wrong, or not at all. */
	private handles(display: SpiceDisplayConn, message: SpiceMiniData):
		boolean {
		const { surfaces = {}, streams = {}, primary_surface: primary } =
			display;
		const first = message.data && message.data.byteLength >= 4 ?
			new DataView(message.data).getUint32(0, true) : 0;

		switch (message.type) {
		case c('MSG_DISPLAY_RESET'):
			return primary === undefined || !surfaces[primary];
		case c('MSG_DISPLAY_INVAL_ALL_PIXMAPS'):
			display.cache = imageCache();
			return true;
		case c('MSG_DISPLAY_STREAM_DESTROY_ALL'):
			display.streams = {};
			return true;
		case c('MSG_DISPLAY_SURFACE_CREATE'):
			if (surfaces[first | 0])
				display.delete_surface(first | 0);
			return false;
		case c('MSG_DISPLAY_SURFACE_DESTROY'):
			return !surfaces[first | 0];
		case c('MSG_DISPLAY_STREAM_DATA'):
		case c('MSG_DISPLAY_STREAM_DATA_SIZED'):
			return (streams[first | 0]?.frames_loading ?? 0) >= FRAMES_MAX;
		case c('MSG_DISPLAY_STREAM_CREATE'):
			if (Object.values(streams).filter(Boolean).length >= STREAMS_MAX)
				throw new RangeError('too many streams');
			return false;
		default:
			return false;
		}
	}

	/* The first screen of its own is what the person came for. */
	private surfaces(display: SpiceDisplayConn): void {
		boundSurfaces(display.surfaces ?? {});
		this.layout.changed();
		if (!this.isUp && display.primary_surface !== undefined) {
			this.isUp = true;
			this.events.up();
		}
	}

	private hookCursor(): void {
		const session = this;
		const { process_channel_message: usual } = SpiceCursorConn.prototype;

		/* A pointer of an old kind is the browser's own, not the last. */
		SpiceCursorConn.prototype.process_channel_message =
			function (message) {
				const done = usual.call(this, message);
				const places = message.type === c('MSG_CURSOR_SET') ||
					message.type === c('MSG_CURSOR_MOVE');

				if (!done)
					session.layout.usualPointer();
				else if (message.type === c('MSG_CURSOR_SET'))
					session.layout.shape();
				if (places && (message.data?.byteLength ?? 0) >= 4) {
					const at = new DataView(message.data as ArrayBuffer);

					session.layout.pointerAt(at.getUint16(0, true),
						at.getUint16(2, true));
				}
				return done;
			};
	}
}
