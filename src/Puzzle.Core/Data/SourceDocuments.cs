using System.Text.Json;
using Puzzle.Core.Errors;
using Puzzle.Core.Recipes;
using Puzzle.Core.Text;

namespace Puzzle.Core.Data;

/// <summary>The documents of a source as token ids, each with its boundaries: the start token where the model has one, the end token behind it.</summary>
/// <param name="tokenizer">The parent's; chats are written through its template.</param>
public sealed class SourceDocuments(ITokenizer tokenizer)
{
    private readonly Lazy<ChatTemplate?> _template = new(() => ChatTemplate.Of(tokenizer));

    /// <summary>Reads a source, file by file in the order of their names, at most its limit of documents.</summary>
    /// <exception cref="BadInputException">A file is missing, damaged, or lacks the column.</exception>
    public IEnumerable<int[]> Read(DataSource source)
    {
        var documents = SourceFiles.Of(source).SelectMany(file => Documents(file.Path, file.Format, source));
        return source.Limit is { } limit ? documents.Take((int)Math.Min(limit, int.MaxValue)) : documents;
    }

    private IEnumerable<int[]> Documents(string path, DataFormat format, DataSource source) => format switch
    {
        DataFormat.Jsonl => JsonDocuments.Texts(path, source.Column ?? JsonDocuments.TextColumn).Select(Encode),
        DataFormat.Parquet => ParquetDocuments.Texts(path, source.Column ?? JsonDocuments.TextColumn).Select(Encode),
        DataFormat.Chat => Chats(path, source.Column ?? JsonDocuments.MessagesColumn).Select(chat => Encode(Render(path, chat.Value, chat.Line))),
        _ => TextDocuments.Read(path, source.Separator).Select(Encode),
    };

    private static IEnumerable<(JsonElement Value, int Line)> Chats(string path, string column) =>
        Path.GetExtension(path).Equals(".parquet", StringComparison.OrdinalIgnoreCase) ? ParquetDocuments.Lists(path, column) : JsonDocuments.Fields(path, column);

    private string Render(string path, JsonElement messages, int line)
    {
        if (messages.ValueKind != JsonValueKind.Array)
            throw new BadInputException($"{path} line {line}: the messages are no list");
        try
        {
            return _template.Value?.Apply(messages, addGenerationPrompt: false)
                ?? throw new BadInputException("the parent has no chat template to write conversations with");
        }
        catch (PuzzleException e)
        {
            throw new BadInputException($"{path} line {line}: {e.Message}", e);
        }
    }

    // A template writes its own tokens: those that stand there already are not put there again.
    private int[] Encode(string text)
    {
        int[] ids = tokenizer.Encode(text);
        if (tokenizer is { AddsBos: true, BosId: { } bos } && (ids.Length == 0 || ids[0] != bos))
            ids = [bos, .. ids];
        return tokenizer.EosId is { } eos && ids.Length > 0 && ids[^1] != eos ? [.. ids, eos] : ids;
    }
}
