const paths = {
  menu: 'M3 6h14M3 10h14M3 14h14',
  plus: 'M10 4v12M4 10h12',
  trash: 'M4 6h12M8 6V4h4v2M6 6l.7 10h6.6L14 6',
  send: 'M10 16V5M5 9.5 10 4.5l5 5',
  stop: 'M5.5 5.5h9v9h-9z',
  down: 'M10 4v11M5 10.5l5 5 5-5',
  close: 'M5 5l10 10M15 5L5 15',
  keys: 'M3 5h14v10H3zM6 8h.5M9.75 8h.5M13.5 8h.5M6.5 12h7',
  sound: 'M3.5 9v2M6.75 6.5v7M10 4v12M13.25 7v6M16.5 9v2',
  clip: 'M14.5 9.5l-5.2 5.2a3 3 0 0 1-4.3-4.3l6-6a2 2 0 0 1 2.9 2.9l-5.9 5.9a1 1 0 0 1-1.4-1.4l5.1-5.1',
  play: 'M7 4.5l8.5 5.5L7 15.5z',
  pencil: 'M4 16l.8-3.4L13.2 4.2a1.4 1.4 0 0 1 2 0l.6.6a1.4 1.4 0 0 1 0 2L7.4 15.2z',
  again: 'M15.5 10a5.5 5.5 0 1 1-1.7-4M14.2 2.8v3.4h-3.4',
  fork: 'M6 4v12M6 12c0-3 8-2 8-6M4.5 4h3M12.5 4h3M4.5 16h3',
  back: 'M12 5l-5 5 5 5',
  sliders: 'M3 6.5h7M14 6.5h3M12 4.5v4M3 13.5h3M10 13.5h7M8 11.5v4',
  more: 'M4.5 9.4a.6.6 0 1 0 .01 0M10 9.4a.6.6 0 1 0 .01 0M15.5 9.4a.6.6 0 1 0 .01 0',
  open: 'M6 8l4 4 4-4',
  chevron: 'M8 5l5 5-5 5',
};

export function Icon({ name }: { name: keyof typeof paths }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
