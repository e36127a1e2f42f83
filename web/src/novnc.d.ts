/*
 * What this page uses of noVNC 1.7.0, by its docs/API.md. The types that are
 * published elsewhere name an import path that no longer exists.
 */
declare module '@novnc/novnc' {
	interface Credentials {
		username?: string;
		password?: string;
		target?: string;
	}

	interface Options {
		shared?: boolean;
		credentials?: Credentials;
		repeaterID?: string;
		wsProtocols?: string[];
	}

	interface EventDetails {
		connect: undefined;
		disconnect: { clean: boolean };
		credentialsrequired: { types: (keyof Credentials)[] };
		securityfailure: { status: number; reason?: string };
		clipboard: { text: string };
		desktopname: { name: string };
		bell: undefined;
	}

	export default class RFB {
		constructor(target: Element, channel: WebSocket | string,
			options?: Options);
		viewOnly: boolean;
		clipViewport: boolean;
		dragViewport: boolean;
		scaleViewport: boolean;
		resizeSession: boolean;
		showDotCursor: boolean;
		focusOnClick: boolean;
		background: string;
		qualityLevel: number;
		compressionLevel: number;
		disconnect(): void;
		sendCredentials(credentials: Credentials): void;
		sendKey(keysym: number, code: string | null, down?: boolean): void;
		sendCtrlAltDel(): void;
		focus(options?: FocusOptions): void;
		blur(): void;
		clipboardPasteFrom(text: string): void;
		addEventListener<K extends keyof EventDetails>(type: K,
			listener: (event: CustomEvent<EventDetails[K]>) => void): void;
	}
}
