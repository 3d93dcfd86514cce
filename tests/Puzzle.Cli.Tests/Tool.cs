using System.Text.Json.Nodes;

namespace Puzzle.Cli.Tests;

/// <summary>What one invocation of the command line printed.</summary>
public sealed record Tool(int ExitCode, string Output, string Error)
{
    /// <summary>Runs the command line in this process.</summary>
    public static Tool Run(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = new CommandLine(output, error).Run(args);
        return new Tool(code, output.ToString(), error.ToString());
    }

    /// <summary>The JSON document on the last line of stdout.</summary>
    public JsonObject Json => JsonNode.Parse(Output.TrimEnd('\n').Split('\n')[^1])!.AsObject();

    /// <summary>The repository's root.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>The folder of shared inputs beside the checkout, or null.</summary>
    public static string? Shared { get; } = Path.GetFullPath(Path.Combine(Repository, "..", "shared")) is var beside && Directory.Exists(beside)
        ? beside
        : Path.GetFullPath(Path.Combine(Repository, "..", "..", "shared")) is var above && Directory.Exists(above) ? above : null;

    private static string FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Puzzle.slnx")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException("the tests run outside their repository");
    }
}
