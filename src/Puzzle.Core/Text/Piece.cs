namespace Puzzle.Core.Text;

/// <summary>A slice of text on its way to the model.</summary>
/// <param name="Text">The whole string; slices share it.</param>
/// <param name="Start">First UTF-16 unit.</param>
/// <param name="Length">UTF-16 units.</param>
/// <param name="AtStart">Whether it begins where the original text begins (Metaspace's <c>first</c> asks).</param>
internal readonly record struct Piece(string Text, int Start, int Length, bool AtStart)
{
    public ReadOnlySpan<char> Span => Text.AsSpan(Start, Length);

    /// <summary>A part of this piece, by positions relative to it.</summary>
    public Piece Slice(int start, int end) => new(Text, Start + start, end - start, AtStart && start == 0);
}
