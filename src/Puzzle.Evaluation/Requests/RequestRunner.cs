using Puzzle.Core.Evaluation;
using Puzzle.Core.Text;
using Puzzle.Evaluation.Tasks;

namespace Puzzle.Evaluation.Requests;

/// <summary>Puts the requests of documents to a model and hands the answers back in their order.</summary>
public sealed class RequestRunner(ILanguageModel model, ITokenizer tokenizer, RequestEncoder encoder, int batchSize)
{
    /// <returns>For each document, one answer a request.</returns>
    public IReadOnlyList<Response[]> Run(
        IReadOnlyList<TaskDocument> documents, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        var responses = documents.Select(document => new Response[document.Requests.Count]).ToArray();
        RunLikelihoods(documents, responses, progress, cancellation);
        RunGenerations(documents, responses, progress, cancellation);
        return responses;
    }

    /// <summary>
    /// The groups of a document: requests whose context has the same ids share a group, so the model reads it once.
    /// </summary>
    /// <returns>Each group with, for each continuation, the index of the request it answers.</returns>
    public IReadOnlyList<(ScoringGroup Group, int[] Requests)> Groups(TaskDocument document)
    {
        var groups = new List<(int[] Context, List<int[]> Continuations, List<int> Requests)>();
        foreach (var (index, request) in document.Requests.Index())
        {
            IReadOnlyList<(int[] Context, int[] Continuation)> pairs = request switch
            {
                ContinuationRequest pair => [encoder.EncodePair(pair.Context, pair.Continuation)],
                RollingRequest rolling => encoder.EncodeRolling(rolling.Text),
                _ => [],
            };
            foreach (var (context, continuation) in pairs)
            {
                var at = groups.FindIndex(group => group.Context.AsSpan().SequenceEqual(context));
                if (at < 0)
                {
                    groups.Add((context, [], []));
                    at = groups.Count - 1;
                }

                groups[at].Continuations.Add(continuation);
                groups[at].Requests.Add(index);
            }
        }

        return [.. groups.Select(group => (new ScoringGroup(group.Context, group.Continuations), group.Requests.ToArray()))];
    }

    private void RunLikelihoods(
        IReadOnlyList<TaskDocument> documents, Response[][] responses, IProgress<int>? progress, CancellationToken cancellation)
    {
        var groups = new List<ScoringGroup>();
        var owners = new List<(int Document, int[] Requests)>();
        foreach (var (index, document) in documents.Index())
        {
            foreach (var (request, answers) in document.Requests.Index())
            {
                if (answers is not GenerateRequest)
                    responses[index][request] = new Response(0, IsGreedy: true);
            }

            foreach (var (group, requests) in Groups(document))
            {
                groups.Add(group);
                owners.Add((index, requests));
            }
        }

        if (groups.Count == 0)
            return;
        var scores = model.LogLikelihoods(groups, batchSize, Scaled(progress, groups.Count, documents.Count), cancellation);
        for (var i = 0; i < groups.Count; i++)
        {
            var (document, requests) = owners[i];
            for (var j = 0; j < requests.Length; j++)
            {
                // The windows of a rolling request add up.
                ref var response = ref responses[document][requests[j]];
                response = new Response(response.LogLikelihood + scores[i][j].Sum, response.IsGreedy && scores[i][j].IsGreedy);
            }
        }
    }

    private void RunGenerations(
        IReadOnlyList<TaskDocument> documents, Response[][] responses, IProgress<int>? progress, CancellationToken cancellation)
    {
        var wanted = new List<(int Document, int Request, GenerationSettings Settings)>();
        var requests = new List<GenerationRequest>();
        foreach (var (index, document) in documents.Index())
        {
            foreach (var (at, request) in document.Requests.Index())
            {
                if (request is not GenerateRequest generate)
                    continue;
                wanted.Add((index, at, generate.Settings));
                requests.Add(new GenerationRequest(
                    encoder.EncodePrompt(generate.Context, generate.Settings.MaxNewTokens),
                    generate.Settings.MaxNewTokens,
                    tokenizer.EosId is { } end ? [end] : [],
                    ids => StopText.Contains(tokenizer, ids, generate.Settings.Until)));
            }
        }

        if (requests.Count == 0)
            return;
        var texts = model.Generate(requests, batchSize, Scaled(progress, requests.Count, documents.Count), cancellation);
        for (var i = 0; i < requests.Count; i++)
        {
            var (document, request, settings) = wanted[i];
            var text = StopText.Cut(tokenizer.Decode(texts[i], skipSpecial: true), settings.Until);
            responses[document][request] = new Response(0, IsGreedy: true, text);
        }
    }

    private static ScaledProgress? Scaled(IProgress<int>? progress, int parts, int documents) =>
        progress is null ? null : new ScaledProgress(progress, parts, documents);

    private sealed class ScaledProgress(IProgress<int> progress, int parts, int documents) : IProgress<int>
    {
        public void Report(int value) => progress.Report((int)((long)value * documents / parts));
    }
}
