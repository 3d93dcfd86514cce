namespace Puzzle.Core.Text;

/// <summary>Text to ids and back, exactly as the parent's own tokenizer does it.</summary>
public interface ITokenizer
{
    int VocabSize { get; }

    int? BosId { get; }

    int? EosId { get; }

    /// <summary>Whether the post-processor puts BOS in front (<c>ids_special</c> in Hugging Face's terms: add_special_tokens).</summary>
    bool AddsBos { get; }

    /// <summary>Jinja chat template, where the model has one.</summary>
    string? ChatTemplate { get; }

    /// <param name="text">Any string; lone surrogates count as U+FFFD.</param>
    /// <param name="addSpecial">Whether the post-processor runs (BOS).</param>
    /// <param name="parseSpecial">Whether the text of special tokens is recognised; false treats it as plain text.</param>
    int[] Encode(string text, bool addSpecial = false, bool parseSpecial = true);

    /// <param name="ids">Unknown ids are skipped.</param>
    /// <param name="skipSpecial">Leave special tokens out.</param>
    string Decode(ReadOnlySpan<int> ids, bool skipSpecial = false);

    /// <summary>The text of one token (special tokens as written), or null where the id has none.</summary>
    string? TokenText(int id);

    /// <summary>Writes the files that give the same ids elsewhere (<c>tokenizer.json</c>, <c>tokenizer_config.json</c>, ...).</summary>
    void Save(string folder);
}
