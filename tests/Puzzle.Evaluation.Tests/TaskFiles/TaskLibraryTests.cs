using Puzzle.Core.Errors;
using Puzzle.Evaluation.Data;
using Puzzle.Evaluation.Requests;
using Puzzle.Evaluation.TaskFiles;
using Puzzle.Evaluation.Tasks;

namespace Puzzle.Evaluation.Tests.TaskFiles;

public sealed class TaskLibraryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("puzzle-tasks-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AllShippedTasksCanBeAskedFor()
    {
        var library = new TaskLibrary();
        var selection = library.Select(library.Names);
        Assert.Equal(57, selection.Tasks.Count(task => task.Name.StartsWith("mmlu_", StringComparison.Ordinal)));
        Assert.Equal(67, selection.Tasks.Count(task => task.Name.StartsWith("blimp_", StringComparison.Ordinal)));
        foreach (var name in (string[])["hellaswag", "piqa", "arc_easy", "arc_challenge", "winogrande", "openbookqa", "boolq", "sciq", "commonsense_qa", "lambada_openai", "truthfulqa_mc1", "truthfulqa_mc2", "gsm8k", "wikitext", "ifeval"])
            Assert.Contains(selection.Tasks, task => task.Name == name);
    }

    [Fact]
    public void GroupsTagsAndPatternsAreTheirTasks()
    {
        var library = new TaskLibrary();
        var mmlu = Assert.Single(library.Select(["mmlu"]).Parts).Group!;
        Assert.Equal(["mmlu_stem", "mmlu_other", "mmlu_social_sciences", "mmlu_humanities"], mmlu.Parts.Select(part => part.Name));
        Assert.Equal(57, mmlu.Tasks.Count());
        Assert.True(mmlu.Aggregates[0].WeightBySize);
        Assert.Equal(["arc_challenge", "arc_easy"], library.Select(["ai2_arc"]).Tasks.Select(task => task.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["arc_challenge", "arc_easy"], library.Select(["arc_*"]).Tasks.Select(task => task.Name));
        Assert.Equal(["arc_easy", "arc_challenge"], library.Select(["arc_easy", "arc_*"]).Tasks.Select(task => task.Name));
    }

    [Fact]
    public void UnknownNamesComeWithTheNearest()
    {
        var error = Assert.Throws<RecipeException>(() => new TaskLibrary().Select(["helaswag"]));
        Assert.Contains("did you mean 'hellaswag'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AbsentDataSaysWhereItWasSoughtAndHowToGetIt()
    {
        var task = new TaskLibrary(data: new DatasetFolders(_folder)).Select(["piqa"]).Tasks[0];
        var error = Assert.Throws<BadInputException>(() => task.Prepare(new PromptOptions()));
        Assert.Contains("hf download --repo-type dataset baber/piqa", error.Message, StringComparison.Ordinal);
        Assert.Contains(_folder, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FoldersOfTasksIncludeAndReplace()
    {
        Write("base.yaml", "dataset_path: json\ndataset_kwargs: {data_files: {test: docs.jsonl}}\ntest_split: test\noutput_type: multiple_choice\ndoc_to_choice: ['no', 'yes']\nmetric_list: [{metric: acc}]\n");
        Write("one.yaml", "include: base.yaml\ntask: one\ndoc_to_text: '{{q}}?'\ndoc_to_target: a\n");
        Write("piqa.yaml", "include: base.yaml\ntask: piqa\ndoc_to_text: q\ndoc_to_target: '{{a}}'\ntarget_delimiter: ''\n");
        Write("both.yaml", "group: both\ntask: [one, {task: piqa, task_alias: two, num_fewshot: 1}]\naggregate_metric_list: [{metric: acc}]\n");
        Write("docs.jsonl", "{\"q\": \"Is it\", \"a\": 1}\n{\"q\": \"Was it\", \"a\": 0}\n");
        var group = new TaskLibrary([_folder]).Select(["both"]).Parts[0].Group!;
        var prepared = group.Tasks.Select(task => task.Prepare(new PromptOptions())).ToArray();
        Assert.Equal([new ContinuationRequest("Is it?", " no"), new ContinuationRequest("Is it?", " yes")], prepared[0].Documents[0].Requests);
        Assert.Equal([1], prepared[0].Documents[0].Gold);
        Assert.Equal("two", group.Tasks.Last().Alias);

        // One case is drawn besides the question itself: the split is the same.
        Assert.Equal(1, prepared[1].Shots);
        Assert.Equal(new ContinuationRequest("Was itno\n\nIs it", "no"), prepared[1].Documents[0].Requests[0]);
    }

    [Fact]
    public void ChatTemplatesGetTurnsOrOneMessage()
    {
        Write("chat.yaml", "task: chat\ndataset_path: json\ndataset_kwargs: {data_files: {test: docs.jsonl}}\ntest_split: test\noutput_type: multiple_choice\nnum_fewshot: 1\ndescription: \"Answer.\\n\"\ndoc_to_text: q\ndoc_to_target: a\ndoc_to_choice: ['no', 'yes']\nmetric_list: [{metric: acc}]\n");
        Write("docs.jsonl", "{\"q\": \"Is it?\", \"a\": 1}\n{\"q\": \"Was it?\", \"a\": 0}\n");
        string Prompt(bool multiturn, out string continuation)
        {
            var options = new PromptOptions
            {
                FewShotAsMultiturn = multiturn,
                ChatTemplate = (messages, opens) => string.Concat(messages.Select(message => $"<{message.Role}>{message.Content}")) + (opens ? "<assistant>" : ""),
            };
            var request = (ContinuationRequest)new TaskLibrary([_folder]).Select(["chat"]).Tasks[0].Prepare(options).Documents[0].Requests[1];
            continuation = request.Continuation;
            return request.Context;
        }

        Assert.Equal("<system>Answer.\n<user>Was it?<assistant>no<user>Is it?<assistant>", Prompt(true, out var delimited));
        Assert.Equal("yes", delimited);
        Assert.Equal("<system>Answer.\n<user>Was it? no\n\nIs it?<assistant>", Prompt(false, out _));
    }

    [Theory]
    [InlineData("doc_to_text: '{{absent}}'", "absent")]
    [InlineData("doc_to_text: '{{q'", "template")]
    [InlineData("doc_to_text: !function utils.own", "!function utils.own")]
    public void WhatATaskFileMayNotSayIsToldWithItsFile(string line, string word)
    {
        Write("bad.yaml", $"task: bad\ndataset_path: json\ndataset_kwargs: {{data_files: {{test: docs.jsonl}}}}\ntest_split: test\noutput_type: multiple_choice\n{line}\ndoc_to_target: a\ndoc_to_choice: ['no', 'yes']\n");
        Write("docs.jsonl", "{\"q\": \"Is it\", \"a\": 1}\n");
        var error = Assert.Throws<BadInputException>(() => new TaskLibrary().Select([Path.Combine(_folder, "bad.yaml")]).Tasks[0].Prepare(new PromptOptions()));
        Assert.Contains("bad.yaml", error.Message, StringComparison.Ordinal);
        Assert.Contains(word, error.Message, StringComparison.Ordinal);
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}
