using System.Text.Json;
using Puzzle.Core.Text;
using static TorchSharp.torch;

namespace Puzzle.Benchmarks;

/// <summary>The texts of the studies as windows of tokens: fixed heads of files, and a mix of the training parts.</summary>
/// <param name="context">Finds the texts.</param>
/// <param name="tokenizer">The model's.</param>
internal sealed class StudyText(BenchmarkContext context, ITokenizer tokenizer)
{
    /// <summary>Tokens a window.</summary>
    public const int Length = 256;

    // No tokenizer here makes more than one token of a character, nor less than one of 16.
    private const int CharactersAToken = 16;

    // Stands between stories in one of the files. Written out it is text that no model here was trained on, and it draws all attention.
    private const string StoryEnd = "<|endoftext|>";

    /// <summary>The first tokens of a text's encoding as windows [W, T].</summary>
    public Tensor Head(int tokens, params string[] path)
    {
        var text = File.ReadAllText(context.Shared(["text", .. path])).Replace(StoryEnd, "", StringComparison.Ordinal);
        var ids = tokenizer.Encode(text[..Math.Min(text.Length, tokens * CharactersAToken)]);
        return Windows(ids.Take(tokens));
    }

    /// <summary>Windows of the training parts: five of eight from books, each from another place of another book, two of chats, one of stories.</summary>
    /// <param name="windows">How many.</param>
    /// <param name="seed">Which places.</param>
    public Tensor Mixed(int windows, int seed)
    {
        var random = new Random(seed);
        var books = TrainingBooks(random);
        var chats = Chats();
        var stories = File.ReadAllText(context.Shared("text", "tinystories", "train.txt")).Replace(StoryEnd, "", StringComparison.Ordinal);
        var ids = new List<int>();
        for (var window = 0; window < windows; window++)
        {
            var piece = (window % 8) switch
            {
                0 or 2 or 3 or 5 or 6 => Stretch(File.ReadAllText(books[window % books.Length]), random),
                1 or 4 => string.Concat(Enumerable.Range(0, 12).Select(_ => chats[random.Next(chats.Length)])),
                _ => Stretch(stories, random),
            };
            ids.AddRange(tokenizer.Encode(piece).Take(Length));
        }

        return Windows(ids);
    }

    /// <summary>Windows of the training books, each from another place of another book.</summary>
    public Tensor Books(int windows, int seed)
    {
        var random = new Random(seed);
        var books = TrainingBooks(random);
        return Windows(Enumerable.Range(0, windows).SelectMany(window => tokenizer.Encode(Stretch(File.ReadAllText(books[window % books.Length]), random)).Take(Length)));
    }

    private string[] TrainingBooks(Random random)
    {
        var books = Directory.EnumerateFiles(context.Shared("text", "books"), "*.md").Where(file => !Path.GetFileName(file).StartsWith("validation", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToArray();
        random.Shuffle(books);
        return books;
    }

    private static string Stretch(string text, Random random)
    {
        const int Characters = Length * CharactersAToken / 2;
        var start = random.Next(Math.Max(1, text.Length - Characters));
        var line = text.IndexOf('\n', start);
        start = line >= 0 && line < start + Characters / 4 ? line + 1 : start;
        return text[start..Math.Min(text.Length, start + Characters)];
    }

    private string[] Chats()
    {
        var template = ChatTemplate.Of(tokenizer)!;
        return [.. File.ReadLines(Directory.EnumerateFiles(context.Shared("text", "conversations"), "*.jsonl").First()).Select(line =>
        {
            using var document = JsonDocument.Parse(line);
            return template.Apply(document.RootElement.GetProperty("messages").Clone(), addGenerationPrompt: false);
        })];
    }

    private static Tensor Windows(IEnumerable<int> ids)
    {
        var whole = ids.Select(id => (long)id).ToArray();
        return tensor(whole[..(whole.Length / Length * Length)]).view(-1, Length);
    }
}
