/*
 * What this page uses of spice-html5 0.2.1, by its sources: it has no types,
 * and its parts are reached by their files.
 */
declare module '@spice-project/spice-html5/src/enums.js' {
	export const Constants: Record<string, number>;
}

declare module '@spice-project/spice-html5/src/webm.js' {
	export const Constants: Record<string, string | number>;
}

declare module '@spice-project/spice-html5/src/simulatecursor.js' {
	export const SpiceSimulateCursor: { simulate_cursor(): void };
}

declare module '@spice-project/spice-html5/src/spicedataview.js' {
	export class SpiceDataView {
		u8: Uint8Array;
		getUint8(at: number, little?: boolean): number;
		getUint16(at: number, little?: boolean): number;
		getUint32(at: number, little?: boolean): number;
	}
}

declare module '@spice-project/spice-html5/src/spicemsg.js' {
	export class SpiceMiniData {
		type: number;
		size: number;
		data: ArrayBuffer | undefined;
	}

	export class SpiceMsgChannels {
		channels: { type: number; id: number }[];
		from_buffer(data: ArrayBuffer, at?: number): void;
	}
}

declare module '@spice-project/spice-html5/src/spicetype.js' {
	import type { SpiceDataView } from
		'@spice-project/spice-html5/src/spicedataview.js';

	class Read {
		from_dv(view: SpiceDataView, at: number, data: ArrayBuffer): number;
	}

	export class SpiceSurface extends Read {
		surface_id: number;
		width: number;
		height: number;
		canvas?: HTMLCanvasElement;
	}

	export class SpiceBitmap extends Read {
		x: number;
		y: number;
		stride: number;
		data: ArrayBuffer;
	}

	export interface LzImage {
		type: number;
		width: number;
		height: number;
		data: ArrayBuffer;
	}

	export class SpiceImage extends Read {
		lz_rgb?: LzImage;
		jpeg_alpha?: { alpha: LzImage };
	}

	export class SpiceCursor extends Read {
		header: {
			type: number; width: number; height: number;
			hot_spot_x: number; hot_spot_y: number;
		} | null;
		data: ArrayBuffer;
	}
}

declare module '@spice-project/spice-html5/src/quic.js' {
	import type { SpiceDataView } from
		'@spice-project/spice-html5/src/spicedataview.js';

	export class SpiceQuic {
		from_dv(view: SpiceDataView, at: number, data: ArrayBuffer): number;
	}
}

declare module '@spice-project/spice-html5/src/spiceconn.js' {
	import type { SpiceMiniData } from
		'@spice-project/spice-html5/src/spicemsg.js';

	export class SpiceConn {
		ws?: WebSocket;
		type: number;
		state: string;
		parent?: unknown;
		onerror?: (problem: unknown) => void;
		send_msg(message: SpiceMiniData): void;
		process_channel_message(message: SpiceMiniData): boolean;
		log_info(...words: unknown[]): void;
		log_warn(...words: unknown[]): void;
		log_err(...words: unknown[]): void;
	}
}

declare module '@spice-project/spice-html5/src/display.js' {
	import { SpiceConn } from '@spice-project/spice-html5/src/spiceconn.js';
	import type { SpiceSurface } from
		'@spice-project/spice-html5/src/spicetype.js';

	export interface Stream {
		frames_loading?: number;
	}

	export class SpiceDisplayConn extends SpiceConn {
		surfaces?: Record<number, SpiceSurface>;
		streams?: Record<number, Stream | undefined>;
		cache?: Record<number, ImageData>;
		primary_surface?: number;
		hook_events(): void;
		unhook_events(): void;
		delete_surface(id: number): void;
	}
}

declare module '@spice-project/spice-html5/src/inputs.js' {
	import { SpiceConn } from '@spice-project/spice-html5/src/spiceconn.js';

	export class SpiceInputsConn extends SpiceConn {
		mouse_mode: number;
		waiting_for_ack: number;
	}
}

declare module '@spice-project/spice-html5/src/playback.js' {
	import { SpiceConn } from '@spice-project/spice-html5/src/spiceconn.js';

	export class SpicePlaybackConn extends SpiceConn {
		audio?: HTMLAudioElement;
		source_buffer?: SourceBuffer;
		queue: ArrayBuffer[];
		append_okay: boolean;
	}
}

declare module '@spice-project/spice-html5/src/main.js' {
	import { SpiceConn } from '@spice-project/spice-html5/src/spiceconn.js';
	import type { SpiceInputsConn } from
		'@spice-project/spice-html5/src/inputs.js';

	/* The body of an agent's message. */
	export interface AgentBody {
		buffer_size(): number;
		to_buffer(to: ArrayBuffer, at: number): void;
	}

	export class SpiceMainConn extends SpiceConn {
		constructor(options: {
			uri: string; password: string; screen_id: string;
			onerror: (problem: unknown) => void;
			onagent: () => void;
		});
		inputs?: SpiceInputsConn;
		mouse_mode: number;
		agent_connected?: boolean;
		agent_msg_queue: unknown[];
		announce_agent_capabilities(request: number): void;
		send_agent_message(type: number, body: AgentBody): void;
		resize_window(flags: number, width: number, height: number,
			depth: number, x: number, y: number): void;
		stop(): void;
	}
}

declare module '@spice-project/spice-html5/src/cursor.js' {
	import { SpiceConn } from '@spice-project/spice-html5/src/spiceconn.js';

	export class SpiceCursorConn extends SpiceConn {
	}
}
