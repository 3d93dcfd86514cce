using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Puzzle.Core.Stories;

/// <summary>The stories as files: text to train on, held-out text, and multiple-choice tasks.</summary>
public static class StoryFiles
{
    // With so many questions a document fits a window of 128 tokens.
    private const int QuestionsOfDocument = 8;

    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Writes <c>train.txt</c>, <c>validation.txt</c> and <c>test.txt</c> (documents separated by a blank line) and, for each task,
    /// <c>validation-TASK.jsonl</c> and <c>test-TASK.jsonl</c> (<c>{"context", "choices", "gold"}</c>, one a line). The same arguments give
    /// the same bytes. Each file appears whole or not at all.
    /// </summary>
    /// <param name="folder">Made if absent; files of these names are replaced.</param>
    /// <param name="seed">Of all three splits.</param>
    /// <param name="documents">Documents in each held-out text file; one has about 130 tokens.</param>
    /// <param name="validationQuestions">Questions in each validation file.</param>
    /// <param name="testQuestions">Questions in each test file.</param>
    /// <param name="options">Difficulty; null for the defaults.</param>
    /// <param name="trainDocuments">Documents in the training text; null: as many as in the others.</param>
    public static void Write(
        string folder,
        ulong seed,
        int documents = 1_000,
        int validationQuestions = 500,
        int testQuestions = 500,
        StoryOptions? options = null,
        int? trainDocuments = null,
        CancellationToken cancellationToken = default)
    {
        _ = Directory.CreateDirectory(folder);
        options ??= new StoryOptions();
        var textOptions = options with { MaxQuestions = Math.Min(options.MaxQuestions, QuestionsOfDocument), MinQuestions = Math.Min(options.MinQuestions, QuestionsOfDocument) };
        foreach (var split in Enum.GetValues<StorySplit>())
        {
            var generator = new StoryGenerator(seed, split, options);
            var name = split.ToString().ToLowerInvariant();
            WriteLines($"{name}.txt", new StoryGenerator(seed, split, textOptions).Stories().Take(split == StorySplit.Train ? trainDocuments ?? documents : documents).SelectMany((story, i) => i == 0 ? (string[])[story.Text] : ["", story.Text]));
            if (split == StorySplit.Train)
                continue;
            foreach (var task in Enum.GetValues<StoryTask>())
            {
                WriteLines(
                    TaskFile(name, task),
                    generator.Questions(task).Take(split == StorySplit.Test ? testQuestions : validationQuestions)
                        .Select(q => JsonSerializer.Serialize(new { context = q.Context, choices = q.Choices, gold = q.Gold }, Json)));
            }
        }

        void WriteLines(string name, IEnumerable<string> lines)
        {
            var path = Path.Combine(folder, name);
            var partial = path + ".partial";
            using (var writer = new StreamWriter(partial, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" })
            {
                foreach (var line in lines)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    writer.WriteLine(line);
                }
            }

            File.Move(partial, path, overwrite: true);
        }
    }

    /// <summary>
    /// Text to train the tokenizer on: training documents, and every core word often enough to become one token with 1,024 entries, the
    /// names and objects that the questions of training leave out among them.
    /// </summary>
    public static IEnumerable<string> TokenizerTexts(ulong seed, StoryOptions? options = null)
    {
        const int Documents = 16_000;
        const int Repeats = 500;
        return new StoryGenerator(seed, StorySplit.Train, options).Stories().Take(Documents).Select(story => story.Text)
            .Concat(StoryWords.Core.Select(word => string.Concat(Enumerable.Repeat(" " + word, Repeats))));
    }

    /// <summary>The name of a task's file, for example <c>test-possession.jsonl</c>.</summary>
    /// <param name="split"><c>validation</c> or <c>test</c>.</param>
    public static string TaskFile(string split, StoryTask task) => $"{split}-{NameOf(task)}.jsonl";

    /// <summary>A task's name in files and tables.</summary>
    public static string NameOf(StoryTask task) => task.ToString().ToLowerInvariant();
}
