using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Puzzle.Core.Stories;

/// <summary>The stories as files: text to train on, held-out text, and multiple-choice tasks.</summary>
public static class StoryFiles
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Writes <c>train.txt</c> and <c>validation.txt</c> (documents separated by a blank line) and, for each task,
    /// <c>validation-TASK.jsonl</c> and <c>test-TASK.jsonl</c> (<c>{"context", "choices", "gold"}</c>, one a line). The same arguments give
    /// the same bytes. Each file appears whole or not at all.
    /// </summary>
    /// <param name="folder">Made if absent; files of these names are replaced.</param>
    /// <param name="seed">Of all three splits.</param>
    /// <param name="trainStories">Documents in <c>train.txt</c>; one has about 100 tokens.</param>
    /// <param name="validationStories">Documents in <c>validation.txt</c>.</param>
    /// <param name="questionsPerTask">Questions in each of the ten task files.</param>
    /// <param name="options">Difficulty; null for the defaults.</param>
    public static void Write(
        string folder,
        ulong seed,
        int trainStories = 130_000,
        int validationStories = 2_000,
        int questionsPerTask = 500,
        StoryOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        _ = Directory.CreateDirectory(folder);
        var validation = new StoryGenerator(seed, StorySplit.Validation, options);
        WriteText("train.txt", new StoryGenerator(seed, StorySplit.Train, options), trainStories);
        WriteText("validation.txt", validation, validationStories);
        WriteTasks("validation", validation);
        WriteTasks("test", new StoryGenerator(seed, StorySplit.Test, options));

        void WriteText(string name, StoryGenerator generator, int count) => WriteLines(
            name,
            generator.Stories().Take(count).SelectMany((story, i) => i == 0 ? (string[])[story.Text] : ["", story.Text]));

        void WriteTasks(string split, StoryGenerator generator)
        {
            foreach (var task in Enum.GetValues<StoryTask>())
            {
                WriteLines(
                    TaskFile(split, task),
                    generator.Questions(task).Take(questionsPerTask).Select(q => JsonSerializer.Serialize(new { context = q.Context, choices = q.Choices, gold = q.Gold }, Json)));
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
    public static string TaskFile(string split, StoryTask task) => $"{split}-{task.ToString().ToLowerInvariant()}.jsonl";
}
