/*
 * What the guest plays. Browsers let a page sound only after somebody has
 * pressed something in it, so until then it runs muted. The library leaves
 * what was heard in memory and never catches up; both is done here.
 */
import type { SpicePlaybackConn } from
	'@spice-project/spice-html5/src/playback.js';
import type { Sound as State } from './port';

const BEHIND_MAX = 0.6;  /* seconds; more is skipped */
const AHEAD = 0.1;
const KEPT = 10;
const CLEAN_EVERY = 20;
const QUEUE_MAX = 512;

interface Activation {
	userActivation?: { hasBeenActive: boolean };
}

export class Sound {
	state: State = 'none';
	private audio: HTMLAudioElement | null = null;
	private muted = false;
	private cleaned = 0;

	constructor(private readonly told: (state: State) => void) {
		for (const type of ['pointerdown', 'keydown'])
			addEventListener(type, () => this.unlock(), true);
	}

	mute(muted: boolean): void {
		this.muted = muted;
		this.unlock();
		this.tell();
	}

	/* By the gateway or by the guest: there is nothing to hear any more. */
	closed(): void {
		this.audio = null;
		this.state = 'closed';
		this.told(this.state);
	}

	/* After each message of the channel. */
	heard(conn: SpicePlaybackConn): void {
		const audio = conn.audio ?? null;

		if (audio !== this.audio) {
			this.audio = audio;
			this.cleaned = 0;
			this.unlock();
		}
		this.tell();
		if (conn.queue.length > QUEUE_MAX)
			conn.queue.length = 0;
		if (audio)
			this.keepUp(conn, audio);
	}

	private tell(): void {
		const next: State = !this.audio ? 'none' : this.muted ? 'muted' :
			this.audio.muted || this.audio.paused ? 'waiting' : 'playing';

		if (next === this.state || this.state === 'closed')
			return;
		this.state = next;
		this.told(next);
	}

	private unlock(): void {
		const { audio } = this;
		const allowed = (navigator as Activation).userActivation
			?.hasBeenActive ?? true;

		if (!audio)
			return;
		audio.muted = this.muted || !allowed;
		audio.play().then(() => this.tell(), () => {
			/* not yet; muted it always may */
			audio.muted = true;
			audio.play().catch(() => {});
			this.tell();
		});
	}

	private keepUp(conn: SpicePlaybackConn, audio: HTMLAudioElement): void {
		const { buffered } = audio;
		const end = buffered.length > 0 ? buffered.end(buffered.length - 1) :
			0;

		if (end - audio.currentTime > BEHIND_MAX)
			audio.currentTime = end - AHEAD;
		const source = conn.source_buffer;

		if (!source || source.updating ||
			audio.currentTime - this.cleaned < CLEAN_EVERY)
			return;
		this.cleaned = audio.currentTime;
		conn.append_okay = false; /* until the library hears `updateend` */
		source.remove(0, audio.currentTime - KEPT);
	}
}
