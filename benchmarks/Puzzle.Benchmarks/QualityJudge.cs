using Puzzle.Core.Models;
using Puzzle.Core.Scoring;
using static TorchSharp.torch;

namespace Puzzle.Benchmarks;

/// <summary>Compares children with the parent on held-out books and wikitext-2.</summary>
internal sealed class QualityJudge : IDisposable
{
    private readonly Tensor _books_WT;
    private readonly Tensor _wiki_WT;
    private readonly Divergence _books;
    private readonly Divergence _wiki;

    /// <param name="parent">The parent.</param>
    /// <param name="books_WT">Windows of books.</param>
    /// <param name="wiki_WT">Windows of wikitext-2.</param>
    public QualityJudge(Transformer parent, Tensor books_WT, Tensor wiki_WT)
    {
        (_books_WT, _wiki_WT) = (books_WT, wiki_WT);
        _books = new Divergence(parent, books_WT, ReplaceOneBlock.Final(parent, books_WT), keepBytes: 0);
        _wiki = new Divergence(parent, wiki_WT, ReplaceOneBlock.Final(parent, wiki_WT), keepBytes: 0);
    }

    /// <summary>Both comparisons of a child.</summary>
    public (Comparison Books, Comparison Wiki) Compare(Transformer child) =>
        (_books.Compare(ReplaceOneBlock.Final(child, _books_WT), child), _wiki.Compare(ReplaceOneBlock.Final(child, _wiki_WT), child));

    /// <inheritdoc/>
    public void Dispose()
    {
        _books.Dispose();
        _wiki.Dispose();
    }
}
