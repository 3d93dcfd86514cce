using System.Text;
using Puzzle.Core.Text;

namespace Puzzle.Serving.Engine;

/// <summary>
/// The text of one sequence, token by token. Given out is only what later tokens cannot change: an unfinished character and
/// what may be the beginning of a stop string are held back. Where tokens begin and end makes no difference to the result.
/// </summary>
public sealed class TextStream
{
    // Decoders treat the first token apart (a space may vanish): so many tokens of the prompt stand before the new ones.
    private const int TokensBefore = 5;

    private readonly ITokenizer _tokenizer;
    private readonly IReadOnlyCollection<string> _stops;
    private readonly List<int> _window;
    private readonly StringBuilder _given = new();
    private int _decoded;
    private string _before;
    private string _held = "";

    /// <param name="tokenizer">The model's.</param>
    /// <param name="prompt">The ids that stand before the text.</param>
    /// <param name="stops">Any of these ends the text and is not part of it. The one that is complete first counts; of several, the longest.</param>
    public TextStream(ITokenizer tokenizer, IReadOnlyList<int> prompt, IReadOnlyCollection<string> stops)
    {
        (_tokenizer, _stops) = (tokenizer, stops);
        _window = [.. prompt.Skip(prompt.Count - TokensBefore)];
        _decoded = _window.Count;
        _before = Decode(_window.Count);
    }

    /// <summary>The stop string that ended the text, or null.</summary>
    public string? Stopped { get; private set; }

    /// <summary>All that was given out.</summary>
    public string Text => _given.ToString();

    /// <summary>Adds a token. Returns what is new and final, often nothing.</summary>
    public string Add(int id)
    {
        if (Stopped is not null)
            return "";
        _window.Add(id);
        var text = Decode(_window.Count);
        if (text.Length <= _before.Length || text[^1] == '\uFFFD')
            return "";
        var added = text[_before.Length..];

        // What was just decoded is what stands before the next: the window stays short however long the text is.
        _window.RemoveRange(0, _decoded);
        _decoded = _window.Count;
        _before = Decode(_window.Count);
        return Give(added, isLast: false);
    }

    /// <summary>Ends the text. Returns what was held back.</summary>
    public string Finish()
    {
        if (Stopped is not null)
            return "";
        var text = Decode(_window.Count);
        var added = text.Length > _before.Length ? text[_before.Length..] : "";
        _before = text;
        return Give(added, isLast: true);
    }

    private string Decode(int count) => _tokenizer.Decode(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_window)[..count], skipSpecial: true);

    private string Give(string added, bool isLast)
    {
        _held += added;
        var keep = 0;
        if (FirstStop() is { } stop)
        {
            Stopped = stop.Text;
            _held = _held[..stop.Start];
        }
        else if (!isLast)
        {
            keep = _stops.Count == 0 ? 0 : _stops.Max(LongestBeginning);
        }

        var given = _held[..^keep];
        _held = _held[^keep..];
        _given.Append(given);
        return given;
    }

    // Complete first; as if characters came one by one.
    private (int Start, string Text)? FirstStop()
    {
        (int Start, string Text)? first = null;
        foreach (var stop in _stops)
        {
            var start = _held.IndexOf(stop, StringComparison.Ordinal);
            if (start < 0)
                continue;
            var (end, best) = (start + stop.Length, first is { } known ? known.Start + known.Text.Length : int.MaxValue);
            if (end < best || (end == best && start < first!.Value.Start))
                first = (start, stop);
        }

        return first;
    }

    // How much of the end may still become this stop string.
    private int LongestBeginning(string stop)
    {
        for (var length = Math.Min(stop.Length - 1, _held.Length); length > 0; length--)
        {
            if (_held.AsSpan(_held.Length - length).SequenceEqual(stop.AsSpan(0, length)))
                return length;
        }

        return 0;
    }
}
