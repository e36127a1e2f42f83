/*
 * The picture of a VNC console. noVNC paints it; the WebSocket is ours, so
 * that the code and the reason of its end are seen. When the line breaks the
 * last picture stays until the next one comes.
 */
import type RFB from '@novnc/novnc';
import type { Credentials } from '@novnc/novnc';
import { h } from '../lib/dom';
import { credentialsForm } from './credentials';
import { watchLeaveChord } from './keys';
import type { Access, Closed } from './line';
import { ScreenTools, type Settings } from './screentools';
import { Still } from './still';
import type { Fact, Frame, May, Viewer } from './viewer';

const CLOSE_FRAME_MS = 500;
const UNREADABLE = 'protocol_error: The screen sent something this page ' +
	'does not understand.';

/* A refused VNC login may hold the gateway's own word, or the guest's text. */
function reasonOf(reason: string, failure: string): string {
	if (reason || !failure)
		return reason;
	return /^[a-z_]+: /.test(failure) ? failure : `login_failed: ${failure}`;
}

/* noVNC is most of what is transferred: fetch it while the gateway is asked. */
const loading = (): Promise<{ default: typeof RFB }> =>
	import('@novnc/novnc');

export interface VncOptions {
	shared: boolean;
	repeaterId: string;
	credentials: Credentials;
	settings: Partial<Settings>;
}

const usual: VncOptions = {
	shared: true, repeaterId: '', credentials: {}, settings: {},
};

export class VncViewer implements Viewer {
	readonly host = h('div', { class: 'screen' });
	readonly tools: HTMLElement[];
	readonly aside = false;
	private readonly bar: ScreenTools;
	private rfb: RFB | null = null;
	private socket: WebSocket | null = null;
	private heard = 0;
	private readonly still = new Still(this.host);

	constructor(private readonly frame: Frame,
		private readonly options = usual) {
		this.bar = new ScreenTools(frame, {
			key: (keysym, code, down) =>
				this.rfb?.sendKey(keysym, code || null, down),
			paste: (words) => {
				this.rfb?.clipboardPasteFrom(words);
				return '';
			},
			apply: (settings) => this.apply(settings),
		}, options.settings);
		this.tools = this.bar.tools;
		this.host.append(this.bar.soft.field);
		watchLeaveChord(this.host, () => frame.focusBar());
		/* a failure is told by open() */
		loading().catch(() => {});
	}

	get viewOnly(): boolean {
		return this.bar.viewOnly;
	}

	async open(access: Access, up: () => void,
		down: (closed: Closed) => void): Promise<void> {
		const socket = new WebSocket(access.url, access.protocols);
		const ours = (): boolean => this.socket === socket;
		let failure = '';
		let early: Closed | null = null;
		let tell = (closed: Closed): void => {
			early = closed;
		};

		this.socket = socket;
		socket.binaryType = 'arraybuffer';
		/* before noVNC's own listeners: its picture is still there then */
		socket.addEventListener('close', (e) => {
			if (ours())
				tell({ code: e.code, reason: reasonOf(e.reason, failure),
					failure });
		});
		/*
		 * A guest that speaks before noVNC has loaded must wait: messages
		 * are kept and handed over once its listener is in place.
		 */
		const kept: MessageEvent[] = [];

		socket.onmessage = (e) => kept.push(e);
		const { default: Client } = await loading();

		tell = (closed) => {
			this.still.keep(this.canvas());
			down(closed);
		};
		if (!ours())
			return;
		if (early) {
			down(early);
			return;
		}
		const rfb = new Client(this.host, socket, {
			shared: this.options.shared,
			credentials: this.options.credentials,
			repeaterID: this.options.repeaterId,
		});

		this.rfb = rfb;
		this.bar.applyTo();
		rfb.addEventListener('connect', () => {
			if (ours())
				this.arrived(socket, up);
		});
		rfb.addEventListener('securityfailure', (e) => {
			failure = e.detail.reason ?? 'The login was refused.';
		});
		rfb.addEventListener('disconnect', () => {
			/*
			 * noVNC gave up on what it read. The gateway's close frame
			 * says more, so let it come first.
			 */
			setTimeout(() => {
				if (ours())
					tell({ code: 1002, failure, reason:
						reasonOf('', failure) || UNREADABLE });
			}, CLOSE_FRAME_MS);
		});
		rfb.addEventListener('credentialsrequired', (e) =>
			this.askCredentials(rfb, e.detail.types));
		rfb.addEventListener('clipboard', (e) =>
			this.bar.fromGuest(e.detail.text));
		rfb.addEventListener('bell', () => this.frame.bell());
		socket.addEventListener('message', () => {
			this.heard = performance.now();
		});
		for (const message of kept)
			socket.onmessage?.(message);
	}

	close(): void {
		const { rfb, socket } = this;

		this.rfb = null;
		this.socket = null;
		rfb?.disconnect();
		socket?.close(1000);
	}

	heardSince(time: number): boolean {
		return this.heard >= time;
	}

	allow(may: May): void {
		this.bar.allow(may);
	}

	release(): void {
		this.bar.release();
	}

	facts(): Fact[] {
		const canvas = this.canvas();

		return canvas && this.rfb ?
			[['Picture', `${canvas.width} \u00d7 ${canvas.height}`]] : [];
	}

	private askCredentials(rfb: RFB, types: string[]): void {
		this.frame.cover(credentialsForm(types, (given) => {
			this.frame.cover(null);
			rfb.sendCredentials(given);
		}));
	}

	private apply(settings: Settings): void {
		const { rfb } = this;

		if (!rfb)
			return;
		rfb.viewOnly = settings.viewOnly;
		rfb.scaleViewport = settings.scale === 'fit';
		rfb.resizeSession = settings.scale === 'remote';
		rfb.clipViewport = settings.scale !== 'fit' && matchMedia(
			'(pointer: coarse)').matches;
		rfb.dragViewport = rfb.clipViewport && settings.viewOnly;
		rfb.qualityLevel = settings.quality;
		rfb.compressionLevel = settings.compression;
		rfb.showDotCursor = settings.dot;
		rfb.background = 'transparent';
	}

	focus(): void {
		this.rfb?.focus({ preventScroll: true });
	}

	private canvas(): HTMLCanvasElement | null {
		return this.host.querySelector<HTMLCanvasElement>(
			'canvas:not(.screen-still)');
	}

	private arrived(socket: WebSocket, up: () => void): void {
		const canvas = this.canvas();

		if (canvas) {
			canvas.tabIndex = 0;
			canvas.setAttribute('role', 'application');
			canvas.setAttribute('aria-label',
				`Screen of ${this.frame.title}`);
			canvas.setAttribute('aria-description',
				'Keys go to the guest. Control, Alt and Shift together ' +
				'bring the focus back to the toolbar.');
		}
		/* the second message holds the first picture */
		socket.addEventListener('message', () => this.still.dropSoon(),
			{ once: true });
		up();
	}

	/* Nothing of the last picture stays once a console has truly ended. */
	ended(): void {
		this.still.drop();
	}
}
