namespace Deq.Api.Problems;

/// <summary>Every kind of problem. Described one by one in docs/api.md.</summary>
internal static class ProblemKinds
{
    public static ProblemKind MalformedRequest { get; } = new("malformed-request", 400, "The request is not well formed.");

    public static ProblemKind UnknownParameter { get; } = new("unknown-parameter", 400, "A parameter is unknown.");

    public static ProblemKind InvalidParameter { get; } = new("invalid-parameter", 400, "A parameter has no acceptable value.");

    public static ProblemKind ConflictingParameter { get; } = new("conflicting-parameter", 400, "A parameter is given twice, with different values.");

    public static ProblemKind MissingBody { get; } = new("missing-body", 400, "The request brings nothing to work on.");

    public static ProblemKind MalformedMultipart { get; } = new("malformed-multipart", 400, "The multipart body cannot be read.");

    public static ProblemKind TensorShape { get; } = new("tensor-shape", 400, "The tensor's shape is missing or does not fit.");

    public static ProblemKind ImageAddressRefused { get; } = new("image-address-refused", 400, "The server does not fetch from this address.");

    public static ProblemKind WrongTask { get; } = new("wrong-task", 400, "The model does something else.");

    public static ProblemKind Unauthorized { get; } = new("unauthorized", 401, "The request shows no key that is taken.");

    public static ProblemKind Forbidden { get; } = new("forbidden", 403, "The key does not allow this.");

    public static ProblemKind OriginNotAllowed { get; } = new("origin-not-allowed", 403, "The page is of an origin that this server does not serve.");

    public static ProblemKind NotFound { get; } = new("not-found", 404, "There is nothing at this path.");

    public static ProblemKind ModelNotFound { get; } = new("model-not-found", 404, "There is no such model.");

    public static ProblemKind EnsembleNotFound { get; } = new("ensemble-not-found", 404, "There is no such ensemble.");

    public static ProblemKind AnswerNotFound { get; } = new("answer-not-found", 404, "The ensemble has given no such answer, or keeps it no longer.");

    public static ProblemKind StreamNotFound { get; } = new("stream-not-found", 404, "There is no such stream.");

    public static ProblemKind MethodNotAllowed { get; } = new("method-not-allowed", 405, "The path does not take this method.");

    public static ProblemKind NotAcceptable { get; } = new("not-acceptable", 406, "The request does not accept what this path answers with.");

    public static ProblemKind BodyTooSlow { get; } = new("body-too-slow", 408, "The body has not come in time.");

    public static ProblemKind FrameConflict { get; } = new("frame-conflict", 409, "The stream has had another frame at this index, or later ones.");

    public static ProblemKind FeedbackRepeated { get; } = new("feedback-repeated", 409, "The same feedback was given before and is counted once.");

    public static ProblemKind FeedbackConflict { get; } = new("feedback-conflict", 409, "Another label was given for this answer before, which stays.");

    public static ProblemKind PreconditionFailed { get; } = new("precondition-failed", 412, "A condition that the request's headers state does not hold.");

    public static ProblemKind BodyTooLarge { get; } = new("body-too-large", 413, "The body is larger than this server takes.");

    public static ProblemKind TooManyImages { get; } = new("too-many-images", 413, "The request brings more images than this server takes.");

    public static ProblemKind ImageTooLarge { get; } = new("image-too-large", 413, "An image has more pixels than this server takes.");

    public static ProblemKind UnsupportedMediaType { get; } = new(
        "unsupported-media-type", 415, "The body is of a type that this path does not take.");

    public static ProblemKind UnsupportedImage { get; } = new("unsupported-image", 415, "An image is of a format that this server does not read.");

    public static ProblemKind ImageNotFetched { get; } = new("image-not-fetched", 422, "The image could not be fetched from its address.");

    public static ProblemKind UnreadableImage { get; } = new("unreadable-image", 422, "An image cannot be decoded.");

    public static ProblemKind ImageTooSlow { get; } = new("image-too-slow", 422, "An image takes longer to decode than this server allows.");

    public static ProblemKind FrameSize { get; } = new("frame-size", 422, "The frames differ in size, or are too small for the model.");

    public static ProblemKind NonFiniteTensor { get; } = new("non-finite-tensor", 422, "A tensor holds a number that is not finite.");

    public static ProblemKind InvalidInput { get; } = new("invalid-input", 422, "An input is not one that the model takes.");

    public static ProblemKind MissingGraphs { get; } = new("missing-graphs", 422, "The model's bundle lacks the graphs that this needs.");

    public static ProblemKind ModelFaulty { get; } = new("model-faulty", 422, "The model cannot be loaded.");

    public static ProblemKind NotConverged { get; } = new("not-converged", 422, "The solve did not converge, and the request requires it to.");

    public static ProblemKind AccuracyNotReached { get; } = new("accuracy-not-reached", 422, "The ensemble is not as sure as the request requires.");

    public static ProblemKind Diverged { get; } = new("diverged", 422, "The solve gave no finite number for this input.");

    public static ProblemKind InternalError { get; } = new("internal-error", 500, "The server failed.");

    public static ProblemKind TooManyRequests { get; } = new("too-many-requests", 429, "The client has too many requests under way.");

    public static ProblemKind QuotaSpent { get; } = new("quota-spent", 429, "The key has taken more than it may per second.");

    public static ProblemKind TooManyGuesses { get; } = new("too-many-guesses", 429, "Too many wrong keys were shown.");

    public static ProblemKind TooManyStreams { get; } = new("too-many-streams", 429, "The client has too many streams open.");

    public static ProblemKind QueueFull { get; } = new("queue-full", 503, "The model's queue has no room at the moment.");

    public static ProblemKind DeadlineUnreachable { get; } = new(
        "deadline-unreachable", 503, "The deadline would pass before the first evaluation.");

    public static ProblemKind Overloaded { get; } = new("overloaded", 503, "The server has no room for the request at the moment.");

    public static ProblemKind Stopping { get; } = new("stopping", 503, "The server is stopping.");

    public static ProblemKind IssuerUnavailable { get; } = new("issuer-unavailable", 503, "The issuer of tokens cannot be asked.");

    /// <summary>All of them, in the order in which documents list them.</summary>
    public static IReadOnlyList<ProblemKind> All { get; } =
    [
        MalformedRequest, UnknownParameter, InvalidParameter, ConflictingParameter, MissingBody, MalformedMultipart, TensorShape, ImageAddressRefused, WrongTask, Unauthorized, Forbidden,
        OriginNotAllowed, NotFound,
        ModelNotFound, EnsembleNotFound, AnswerNotFound, StreamNotFound, MethodNotAllowed, NotAcceptable, BodyTooSlow, FrameConflict, FeedbackRepeated, FeedbackConflict, PreconditionFailed, BodyTooLarge, TooManyImages, ImageTooLarge, UnsupportedMediaType, UnsupportedImage,
        ImageNotFetched, UnreadableImage, ImageTooSlow, FrameSize, NonFiniteTensor, InvalidInput, MissingGraphs, ModelFaulty, NotConverged, AccuracyNotReached, Diverged,
        TooManyRequests, QuotaSpent, TooManyGuesses, TooManyStreams, InternalError, QueueFull,
        DeadlineUnreachable,
        Overloaded, Stopping, IssuerUnavailable,
    ];

    /// <summary>Those of clients that must show a key.</summary>
    public static IReadOnlyList<ProblemKind> OfAccess { get; } = [Unauthorized, Forbidden, OriginNotAllowed, QuotaSpent, TooManyGuesses, IssuerUnavailable];

    /// <summary>Those of streams alone.</summary>
    public static IReadOnlyList<ProblemKind> OfStreams { get; } = [OriginNotAllowed, StreamNotFound, FrameConflict, TooManyStreams];
}
