/*
 * The picture of a VNC console. noVNC paints it; the WebSocket is ours, so
 * that the code and the reason of its end are seen. When the line breaks the
 * last picture stays until the next one comes.
 */
import type RFB from '@novnc/novnc';
import type { Credentials } from '@novnc/novnc';
import { h } from '../lib/dom';
import type { Access, Closed, Picture } from './line';

export type Scale = 'fit' | 'remote' | 'native';

export interface Settings {
	scale: Scale;
	viewOnly: boolean;
	quality: number;
	compression: number;
	dot: boolean;
}

export interface ScreenEvents {
	clipboard(text: string): void;
	credentials(types: string[]): void;
	bell(): void;
}

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

export class Screen implements Picture {
	readonly host = h('div', { class: 'screen' });
	rfb: RFB | null = null;
	shared = true;
	repeaterId = '';
	given: Credentials = {};
	private socket: WebSocket | null = null;
	private heard = 0;
	private still: HTMLCanvasElement | null = null;

	constructor(private readonly label: string, private settings: Settings,
		private readonly events: ScreenEvents) {
		void loading();
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
			this.keepPicture();
			down(closed);
		};
		if (!ours())
			return;
		if (early) {
			down(early);
			return;
		}
		const rfb = new Client(this.host, socket, {
			shared: this.shared,
			credentials: this.given,
			repeaterID: this.repeaterId,
		});

		this.rfb = rfb;
		this.apply(this.settings);
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
			this.events.credentials(e.detail.types));
		rfb.addEventListener('clipboard', (e) =>
			this.events.clipboard(e.detail.text));
		rfb.addEventListener('bell', () => this.events.bell());
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

	apply(settings: Settings): void {
		const { rfb } = this;

		this.settings = settings;
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

	get focused(): boolean {
		return document.activeElement instanceof HTMLCanvasElement &&
			this.host.contains(document.activeElement);
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
			canvas.setAttribute('aria-label', this.label);
			canvas.setAttribute('aria-description',
				'Keys go to the guest. Control, Alt and Shift together ' +
				'bring the focus back to the toolbar.');
		}
		/* the second message holds the first picture */
		socket.addEventListener('message', () =>
			requestAnimationFrame(() => this.dropStill()), { once: true });
		up();
	}

	private keepPicture(): void {
		const canvas = this.canvas();

		if (!canvas || canvas.width === 0)
			return;
		const copy = h('canvas', {
			class: 'screen-still', width: canvas.width,
			height: canvas.height, 'aria-hidden': 'true',
		});

		copy.getContext('2d')?.drawImage(canvas, 0, 0);
		this.dropStill();
		this.still = copy;
		this.host.append(copy);
	}

	private dropStill(): void {
		this.still?.remove();
		this.still = null;
	}

	/* Nothing of the last picture stays once a console has truly ended. */
	clear(): void {
		this.dropStill();
	}
}
