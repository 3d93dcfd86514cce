using Puzzle.Core.Errors;
using Puzzle.Core.Models;
using Puzzle.Serving.Engine;

namespace Puzzle.Serving.Bench;

/// <summary>What both benchmarks ask of their settings, and the requests they make.</summary>
internal static class BenchChecks
{
    // As vLLM draws its prompts.
    private const int MostIds = 10_000;

    public static void AtLeast(string option, int value, int least)
    {
        if (value < least)
            throw new RecipeException($"{option} is {value}; expected {least} or more");
    }

    public static void Fits(ModelConfig config, int input, int output)
    {
        if ((long)input + output > config.MaxPositionEmbeddings)
            throw new RecipeException($"{input} tokens in and {output} out are more than the {config.MaxPositionEmbeddings} that the model was made for");
    }

    public static GenerateRequest Request(Random random, ModelConfig config, int input, int output, int seed) => new()
    {
        Prompt = [.. Enumerable.Range(0, input).Select(_ => random.Next(Math.Min(MostIds, config.VocabSize)))],
        MaxTokens = output,
        Sampling = new() { Temperature = 1, Seed = (ulong)seed },
    };
}
