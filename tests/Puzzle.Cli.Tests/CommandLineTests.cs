using System.CommandLine;

namespace Puzzle.Cli.Tests;

public sealed class CommandLineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("puzzle-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    // PUZZLE_UPDATE=1 writes the list anew: a changed command line is a decision, not an accident.
    [Fact]
    public void TheCommandLineIsFrozen()
    {
        var lines = new List<string>();
        Walk(CommandLine.Create(TextWriter.Null, TextWriter.Null), "puzzle");
        var list = string.Join("\n", lines) + "\n";
        var path = Path.Combine(Tool.Repository, "tests", "Puzzle.Cli.Tests", "command-line.txt");
        if (Environment.GetEnvironmentVariable("PUZZLE_UPDATE") == "1")
            File.WriteAllText(path, list);
        Assert.Equal(File.ReadAllText(path), list);

        void Walk(Command command, string name)
        {
            lines.Add($"{name}{string.Concat(command.Arguments.Select(argument => $" <{argument.Name}>"))}");
            foreach (var option in command.Options.OrderBy(option => option.Name, StringComparer.Ordinal))
                lines.Add($"{name} {string.Join('|', option.Aliases.Prepend(option.Name))}{(option.ValueType == typeof(bool) || option.ValueType == typeof(void) ? "" : $" {option.ValueType.Name.Split('`')[0]}")}{(option.Required ? " (required)" : "")}");
            foreach (var verb in command.Subcommands)
                Walk(verb, $"{name} {verb.Name}");
        }
    }

    public static TheoryData<string> VerbNames => [.. Commands.Verbs.All.Select(verb => verb.Name)];

    [Theory]
    [MemberData(nameof(VerbNames))]
    public void EveryVerbHasHelpWithExamplesAndTakesJson(string verb)
    {
        var help = Tool.Run(verb, "--help");
        Assert.Equal(0, help.ExitCode);
        Assert.Contains("Examples:", help.Output, StringComparison.Ordinal);
        Assert.Contains($"puzzle {verb}", help.Output, StringComparison.Ordinal);
        Assert.Contains("--json", help.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unknown verb 'chekc'; did you mean 'check'?", "chekc", "x")]
    [InlineData("unknown option '--jsn'; did you mean '--json'?", "check", "--jsn", "x")]
    [InlineData("unknown option '--verbos'; did you mean '--verbose'?", "doctor", "--verbos")]
    [InlineData("a verb is needed")]
    [InlineData("'y' is one argument too many", "check", "x", "y")]
    [InlineData("--parent", "new", "x.yaml")]
    [InlineData("Argument 'elvish' not recognized", "completion", "elvish")]
    public void UsageErrorsLeaveWithTwoAndNameTheRightWord(string expected, params string[] args)
    {
        var plain = Tool.Run(args);
        Assert.Equal(2, plain.ExitCode);
        Assert.Contains(expected, plain.Error, StringComparison.Ordinal);
        Assert.Empty(plain.Output);
        var json = Tool.Run([.. args, "--json"]);
        Assert.Equal("error", (string?)json.Json["status"]);
        Assert.Equal(2, (int?)json.Json["exit_code"]);
    }

    [Fact]
    public void AWrongRecipeLeavesWithTwo()
    {
        var recipe = Write("r.yaml", "parent: x\nhela: {}\n");
        var tool = Tool.Run("check", recipe, "--json");
        Assert.Equal(2, tool.ExitCode);
        Assert.Equal($"{recipe}:2:1: unknown key 'hela'; did you mean 'heal'?", (string?)tool.Json["error"]);
        Assert.Single(tool.Output.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public void AMissingModelLeavesWithThree()
    {
        Assert.Equal(3, Tool.Run("inspect", Path.Combine(_folder, "none")).ExitCode);
        var tool = Tool.Run("check", Write("r.yaml", "parent: ./none\n"), "--json");
        Assert.Equal(3, tool.ExitCode);
        Assert.Equal(3, (int?)tool.Json["exit_code"]);
    }

    [Fact]
    public void NewWritesARecipeThatChecks()
    {
        Assert.SkipWhen(Tool.Shared is null, "needs shared/models beside the checkout");
        var recipe = Path.Combine(_folder, "new.yaml");
        var model = Path.Combine(Tool.Shared!, "models", "tinystories-656K");
        Assert.Equal(0, Tool.Run("new", recipe, "--parent", model).ExitCode);
        Assert.Equal(2, Tool.Run("new", recipe, "--parent", model).ExitCode);
        var check = Tool.Run("check", recipe, "--json");
        Assert.Equal(0, check.ExitCode);
        Assert.Equal(2, (int?)check.Json["layers"]);
    }

    [Fact]
    public void InspectCountsATiedHeadOnce()
    {
        Assert.SkipWhen(Tool.Shared is null, "needs shared/models beside the checkout");
        var tool = Tool.Run("inspect", Path.Combine(Tool.Shared!, "models", "tinystories-656K"), "--json");
        Assert.Equal(656_000, (long?)tool.Json["params"]);
        Assert.Equal(656_000 - 128 - (2048 * 128), (long?)tool.Json["block_params"]);
    }

    [Fact]
    public void DoctorFindsTheLibtorchThatIsLoaded()
    {
        var tool = Tool.Run("doctor", "--json");
        var torch = tool.Json["findings"]!.AsArray().Single(finding => (string?)finding!["name"] == "libtorch")!;
        Assert.Equal("good", (string?)torch["state"]);
        Assert.Contains("loaded from", (string?)torch["found"], StringComparison.Ordinal);
    }

    [Fact]
    public void DoctorSaysWhyLlamaCppIsNotThereAndHowToMendIt()
    {
        var before = Environment.GetEnvironmentVariable("PUZZLE_LLAMA_CPP");
        var empty = Directory.CreateTempSubdirectory("puzzle-");
        try
        {
            Environment.SetEnvironmentVariable("PUZZLE_LLAMA_CPP", null);
            Assert.Equal("absent", (string?)LlamaCpp(Tool.Run("doctor", "--json"))["state"]);
            Environment.SetEnvironmentVariable("PUZZLE_LLAMA_CPP", empty.FullName);
            var wrong = Tool.Run("doctor", "--json");
            Assert.Equal(5, wrong.ExitCode);
            Assert.Equal("wrong", (string?)LlamaCpp(wrong)["state"]);
            Assert.Contains("no libllama is in this folder", (string?)LlamaCpp(wrong)["found"], StringComparison.Ordinal);
            Assert.Contains("set PUZZLE_LLAMA_CPP", (string?)LlamaCpp(wrong)["mend"], StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("PUZZLE_LLAMA_CPP", before);
            empty.Delete();
        }

        static System.Text.Json.Nodes.JsonNode LlamaCpp(Tool tool) => tool.Json["findings"]!.AsArray().Single(finding => (string?)finding!["name"] == "llama.cpp")!;
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _puzzle")]
    [InlineData("zsh", "compdef _puzzle")]
    [InlineData("fish", "complete -c puzzle")]
    public void ShellsAreTaughtToComplete(string shell, string expected)
    {
        Assert.Contains(expected, Tool.Run("completion", shell).Output, StringComparison.Ordinal);
        Assert.Equal("doctor\n", Tool.Run("[suggest:10]", "puzzle doc").Output.ReplaceLineEndings("\n"));
    }
}
