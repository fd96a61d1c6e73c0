"""A receiver that is not there: it takes whatever comes, and remembers it."""

from bloom.kernel.sandbox import Answer, Ask, Fake, json_answer


class ReceiverFake(Fake):
    """Answers `status` to everything; `asked` is what came."""

    name = "receiver"

    def __init__(self) -> None:
        super().__init__()
        self.status = 204
        self.headers: dict[str, str] = {}
        self.body = b""
        self.asked: list[Ask] = []

    def answer(self, ask: Ask) -> Answer:
        if ask.method == "GET":
            return json_answer({"received": [each.data for each in self.asked]})
        self.asked.append(ask)
        return Answer(status=self.status, headers=self.headers, body=self.body)
