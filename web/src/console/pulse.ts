/*
 * The pulse of the way to the gateway: a small request every few seconds while
 * the page is looked at. It gives the latency that is shown, and it notices a
 * dead network long before a WebSocket does.
 */
import { ping } from '../lib/api';

const EVERY_MS = 5000;
const LIMIT_MS = 3000;

export interface Beat {
	ms: number | null; /* null: no answer within the limit */
	started: number;
}

type Listener = (beat: Beat) => void;

const listeners = new Set<Listener>();
let timer = 0;
let asking = false;
let everAnswered = false;

export function onBeat(listener: Listener): () => void {
	listeners.add(listener);
	if (listeners.size === 1)
		void beat();
	return () => {
		listeners.delete(listener);
		if (listeners.size === 0)
			clearTimeout(timer);
	};
}

/* Ask now: the tab became visible, or the network changed. */
export async function beat(): Promise<void> {
	if (asking || listeners.size === 0)
		return;
	asking = true;
	clearTimeout(timer);
	const started = performance.now();
	let ms: number | null = null;

	try {
		ms = await ping(LIMIT_MS);
		everAnswered = true;
	} catch {
		/* a gateway that never answered this call proves nothing */
	}
	asking = false;
	if (ms !== null || everAnswered) {
		for (const listener of [...listeners])
			listener({ ms, started });
	}
	timer = window.setTimeout(() => {
		if (document.visibilityState === 'visible')
			void beat();
	}, EVERY_MS);
}

document.addEventListener('visibilitychange', () => {
	if (document.visibilityState === 'visible')
		void beat();
});
addEventListener('online', () => void beat());
addEventListener('offline', () => void beat());
