using Puzzle.Core.Errors;
using Puzzle.Serving.Engine;

namespace Puzzle.Serving.Tests.Engine;

public class InferenceEngineTests
{
    /// <summary>Any mix of variants, prompt lengths, slots, chunk sizes and orders: token for token what each prompt gives alone and without a cache.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void ContinuousBatchingEqualsOneByOneWithoutACache(int seed)
    {
        var random = new Random(seed);
        for (var trial = 0; trial < 8; trial++)
        {
            using var model = RandomModels.Create(random);
            var requests = Enumerable.Range(0, random.Next(1, 8)).Select(_ => new GenerateRequest
            {
                Prompt = [.. Enumerable.Range(0, random.Next(1, random.Next(2, 150))).Select(_ => random.Next(96))],
                MaxTokens = random.Next(1, 24),
            }).ToArray();
            using var packed = CpuModel.Of(model);
            using var decoder = new CpuDecoder(packed, random.Next(1, 5), 180, new EngineOptions { Threads = random.Next(1, 3), ChunkTokens = random.Next(4, 90) });
            var engine = new InferenceEngine(decoder);
            var generated = engine.Run(requests);
            var order = Enumerable.Range(0, requests.Length).ToArray();
            random.Shuffle(order);
            var shuffled = engine.Run([.. order.Select(i => requests[i])]);
            for (var i = 0; i < requests.Length; i++)
            {
                var expected = RandomModels.Greedy(model, requests[i].Prompt, requests[i].MaxTokens);
                Assert.Equal(requests[i].MaxTokens, generated[i].Ids.Count);
                Assert.Equal(expected, generated[i].Ids.Take(expected.Count));
                Assert.Equal(expected, shuffled[Array.IndexOf(order, i)].Ids.Take(expected.Count));
            }
        }
    }

    /// <summary>The decoder of accelerators, here on the processor, continues as the packed one does.</summary>
    [Fact]
    public void BothDecodersContinueAlike()
    {
        var random = new Random(8);
        for (var trial = 0; trial < 4; trial++)
        {
            var model = RandomModels.Create(random);
            GenerateRequest[] requests = [.. Enumerable.Range(0, 5).Select(_ => new GenerateRequest { Prompt = [.. Enumerable.Range(0, random.Next(1, 60)).Select(_ => random.Next(96))], MaxTokens = 12 })];
            var expected = requests.Select(request => RandomModels.Greedy(model, request.Prompt, request.MaxTokens)).ToArray();
            using var decoder = new TorchDecoder(model, 2, 80, chunkTokens: 30);
            var generated = new InferenceEngine(decoder).Run(requests);
            for (var i = 0; i < requests.Length; i++)
                Assert.Equal(expected[i], generated[i].Ids.Take(expected[i].Count));
        }
    }

    [Fact]
    public void AnEngineIsUsedAgainAndOrderDoesNotMatter()
    {
        using var model = TinyModel.Create(TinyModel.Config());
        using var packed = CpuModel.Of(model);
        using var decoder = new CpuDecoder(packed, 2, 64);
        var engine = new InferenceEngine(decoder);
        GenerateRequest[] requests = [.. Enumerable.Range(1, 5).Select(i => new GenerateRequest { Prompt = [.. Enumerable.Range(i, 3 * i)], MaxTokens = 12 - i })];
        var forwards = engine.Run(requests);
        var backwards = engine.Run([.. requests.Reverse()]);
        for (var i = 0; i < 5; i++)
            Assert.Equal(forwards[i].Ids, backwards[4 - i].Ids);
    }

    [Fact]
    public void GenerationEndsWhereItShould()
    {
        using var model = TinyModel.Create(TinyModel.Config());
        using var packed = CpuModel.Of(model);
        using var decoder = new CpuDecoder(packed, 1, 32);
        var engine = new InferenceEngine(decoder);
        var request = new GenerateRequest { Prompt = [1, 2, 3], MaxTokens = 10 };
        var free = engine.Run([request])[0];
        Assert.Equal(FinishReason.Length, free.Reason);
        var heard = new List<int>();
        var ended = engine.Run([request with { EndIds = [free.Ids[4]] }], (_, id) => heard.Add(id))[0];
        Assert.Equal(FinishReason.Stop, ended.Reason);
        Assert.Equal(free.Ids.TakeWhile(id => id != free.Ids[4]), ended.Ids);
        Assert.Equal(ended.Ids, heard);
        Assert.Equal(3, engine.Run([request with { IsFinished = ids => ids.Count == 3 }])[0].Ids.Count);
        Assert.Equal(30, engine.Run([request with { MaxTokens = 1000 }])[0].Ids.Count);
        Assert.Contains("prompt 0 has 40 tokens", Assert.Throws<RecipeException>(() => engine.Run([request with { Prompt = new int[40] }])).Message);
        Assert.Contains("prompt 0 is empty", Assert.Throws<RecipeException>(() => engine.Run([request with { Prompt = [] }])).Message);
    }

    [Fact]
    public void TheSameSeedGivesTheSameText()
    {
        using var model = TinyModel.Create(TinyModel.Config());
        using var packed = CpuModel.Of(model);
        using var decoder = new CpuDecoder(packed, 3, 64);
        var engine = new InferenceEngine(decoder);
        GenerateRequest With(ulong seed) => new() { Prompt = [5, 6, 7], MaxTokens = 20, Sampling = new() { Temperature = 1.5, Seed = seed } };
        var texts = engine.Run([With(1), With(1), With(2), With(1)]);
        Assert.Equal(texts[0].Ids, texts[1].Ids);
        Assert.Equal(texts[0].Ids, texts[3].Ids);
        Assert.NotEqual(texts[0].Ids, texts[2].Ids);
    }

    /// <summary>A stop string ends a text with the token that completes it, whatever tokens it lies across and whatever else is in the batch.</summary>
    [Fact]
    public void StopStringsEndTextsAcrossTokens()
    {
        using var model = TinyModel.Create(TinyModel.Config());
        using var packed = CpuModel.Of(model);
        using var decoder = new CpuDecoder(packed, 2, 64);
        var tokenizer = new PieceTokenizer([.. Enumerable.Range(0, 96).Select(id => System.Text.Encoding.UTF8.GetBytes($"{(char)('a' + id % 26)}{id}{(char)('a' + id / 26)}"))]);
        var engine = new InferenceEngine(decoder, tokenizer);
        GenerateRequest[] requests = [.. Enumerable.Range(1, 5).Select(i => new GenerateRequest { Prompt = [.. Enumerable.Range(i, i)], MaxTokens = 16, Sampling = new() { Temperature = 1, Seed = (ulong)i } })];
        var free = engine.Run(requests);
        var streamed = new string[5];
        for (var cut = 3; cut < 30; cut += 4)
        {
            var stops = free.Select(text => text.Text!.Substring(cut, 5)).ToArray();
            Array.Fill(streamed, "");
            var stopped = engine.Run([.. requests.Select((request, i) => request with { StopStrings = ["never", stops[i]] })], onText: (i, piece) => streamed[i] += piece);
            for (var i = 0; i < 5; i++)
            {
                var at = free[i].Text!.IndexOf(stops[i], StringComparison.Ordinal);
                Assert.Equal(free[i].Text![..at], stopped[i].Text);
                Assert.Equal(stopped[i].Text, streamed[i]);
                Assert.Equal((FinishReason.Stop, stops[i]), (stopped[i].Reason, stopped[i].StopString));
                var tokens = Enumerable.Range(1, 16).First(count => tokenizer.Decode(free[i].Ids.Take(count).ToArray()).Length >= at + 5);
                Assert.Equal(free[i].Ids.Take(tokens), stopped[i].Ids);
            }
        }

        Assert.Contains("a stop string is empty", Assert.Throws<RecipeException>(() => engine.Run([requests[0] with { StopStrings = [""] }])).Message);
        Assert.Throws<ArgumentException>(() => new InferenceEngine(decoder).Run([requests[0] with { StopStrings = ["x"] }]));
    }
}
