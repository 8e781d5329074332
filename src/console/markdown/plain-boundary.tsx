import { Component, type ComponentChildren } from 'preact';

/** Shows a plain text when drawing it as Markdown throws, so that one answer cannot break the page. */
export class PlainBoundary extends Component<
  { text: string; children: ComponentChildren },
  { isPlain: boolean }
> {
  override state = { isPlain: false };

  static override getDerivedStateFromError() {
    return { isPlain: true };
  }

  override render() {
    return this.state.isPlain ? (
      <p class="raw" dir="auto">
        {this.props.text}
      </p>
    ) : (
      this.props.children
    );
  }
}
