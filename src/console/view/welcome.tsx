/** What a new session shows before there is anything to show. */
export function Welcome() {
  return (
    <section class="welcome">
      <h2>What would you like to ask?</h2>
      <p>
        The answer arrives as it is written. It belongs to the gateway: close this page, come back, and it is
        here.
      </p>
    </section>
  );
}
