import { Component, type ComponentChildren } from 'preact';

/** Shows a text as it is where it cannot be shown as Markdown: an answer never takes the page with it. */
export class PlainBoundary extends Component<
  { text: string; children: ComponentChildren },
  { isPlain: boolean }
> {
  override state = { isPlain: false };

  static override getDerivedStateFromError() {
    return { isPlain: true };
  }

  override render() {
    return this.state.isPlain ? <p class="raw">{this.props.text}</p> : this.props.children;
  }
}
