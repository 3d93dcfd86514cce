using System.Runtime.InteropServices;

namespace Puzzle.Serving.Engine;

/// <summary>
/// What one pass computes: for some slots the tokens that come next, a whole chunk of a prompt or one new token, in any mix.
/// Made once and filled anew for every pass.
/// </summary>
public sealed class TokenBatch
{
    private readonly int[] _ids;
    private readonly Part[] _parts;

    /// <param name="maxTokens">The most tokens of one pass.</param>
    /// <param name="maxParts">The most slots of one pass.</param>
    public TokenBatch(int maxTokens, int maxParts) => (_ids, _parts) = (new int[maxTokens], new Part[maxParts]);

    /// <summary>Tokens so far.</summary>
    public int Tokens { get; private set; }

    /// <summary>Slots so far.</summary>
    public int Parts { get; private set; }

    /// <summary>How many parts want logits.</summary>
    public int Wanted { get; private set; }

    /// <summary>Tokens that still fit.</summary>
    public int Room => _ids.Length - Tokens;

    /// <summary>The ids of all parts, one behind the other.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Tokens);

    public ref readonly Part this[int index] => ref _parts[index];

    /// <summary>Starts anew.</summary>
    public void Clear() => (Tokens, Parts, Wanted) = (0, 0, 0);

    /// <summary>Adds a slot's next tokens; a slot may occur once.</summary>
    /// <param name="slot">Whose.</param>
    /// <param name="ids">At least one.</param>
    /// <param name="wantsLogits">Whether the logits after the last of them are asked for.</param>
    public void Add(int slot, ReadOnlySpan<int> ids, bool wantsLogits)
    {
        ids.CopyTo(_ids.AsSpan(Tokens));
        _parts[Parts++] = new Part(slot, Tokens, ids.Length, wantsLogits ? Wanted++ : -1);
        Tokens += ids.Length;
    }

    /// <summary>One slot's tokens.</summary>
    /// <param name="Slot">Whose.</param>
    /// <param name="Start">Index of the first in <see cref="Ids"/>.</param>
    /// <param name="Count">How many.</param>
    /// <param name="Logits">Index of its logits, or -1.</param>
    [StructLayout(LayoutKind.Auto)]
    public readonly record struct Part(int Slot, int Start, int Count, int Logits);
}
